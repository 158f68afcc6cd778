//! The shifted systems of Chinese web maps: GCJ-02 and, on top of it, BD-09.
//!
//! For the doors only (imports and API parameters): nothing is ever stored in them. The formulae are
//! not published; these are the ones in common use since 2013 (the "eviltransform" of GCJ-02 with
//! the Krasovsky 1940 ellipsoid, and Baidu's polar offset). Outside a box around China nothing is
//! shifted.

use std::f64::consts::PI;

use crate::domain::{Bbox, LonLat};

/// Krasovsky 1940: semi-major axis, metres, and squared eccentricity.
const SEMI_MAJOR_M: f64 = 6_378_245.0;
const ECCENTRICITY_2: f64 = 0.006_693_421_622_965_943;

/// Factor of Baidu's offset.
const BAIDU: f64 = PI * 3000.0 / 180.0;

fn is_shifted(at: LonLat) -> bool {
    (72.004..=137.8347).contains(&at.lon()) && (0.8293..=55.8271).contains(&at.lat())
}

/// How far GCJ-02 moves a position, degrees of longitude and latitude.
fn offset(lon: f64, lat: f64) -> (f64, f64) {
    let (x, y) = (lon - 105.0, lat - 35.0);
    let wave = |a: f64, b: f64| (20.0 * (6.0 * a * PI).sin() + 20.0 * (2.0 * b * PI).sin()) * 2.0 / 3.0;
    let mut east = 300.0 + x + 2.0 * y + 0.1 * x * x + 0.1 * x * y + 0.1 * x.abs().sqrt() + wave(x, x);
    east += (20.0 * (x * PI).sin() + 40.0 * (x / 3.0 * PI).sin()) * 2.0 / 3.0;
    east += (150.0 * (x / 12.0 * PI).sin() + 300.0 * (x / 30.0 * PI).sin()) * 2.0 / 3.0;
    let mut north = -100.0 + 2.0 * x + 3.0 * y + 0.2 * y * y + 0.1 * x * y + 0.2 * x.abs().sqrt() + wave(x, x);
    north += (20.0 * (y * PI).sin() + 40.0 * (y / 3.0 * PI).sin()) * 2.0 / 3.0;
    north += (160.0 * (y / 12.0 * PI).sin() + 320.0 * (y * PI / 30.0).sin()) * 2.0 / 3.0;
    let phi = lat.to_radians();
    let w2 = 1.0 - ECCENTRICITY_2 * phi.sin() * phi.sin();
    let meridian_m = SEMI_MAJOR_M * (1.0 - ECCENTRICITY_2) / (w2 * w2.sqrt());
    let parallel_m = SEMI_MAJOR_M / w2.sqrt() * phi.cos();
    ((east / parallel_m).to_degrees(), (north / meridian_m).to_degrees())
}

fn position(lon: f64, lat: f64) -> LonLat {
    LonLat::new(lon.clamp(-180.0, 180.0), lat.clamp(-90.0, 90.0)).unwrap_or_else(|_| Bbox::WORLD.centre())
}

/// A position as GCJ-02 has it.
pub fn to_gcj02(at: LonLat) -> LonLat {
    if !is_shifted(at) {
        return at;
    }
    let (east, north) = offset(at.lon(), at.lat());
    position(at.lon() + east, at.lat() + north)
}

/// The position that GCJ-02 has at `shifted`, to a thousandth of a millimetre.
pub fn from_gcj02(shifted: LonLat) -> LonLat {
    const ROUNDS: usize = 12;
    if !is_shifted(shifted) {
        return shifted;
    }
    // The shift changes slowly, so taking it off at the last guess converges fast.
    (0..ROUNDS).fold(shifted, |guess, _| {
        let (east, north) = offset(guess.lon(), guess.lat());
        position(shifted.lon() - east, shifted.lat() - north)
    })
}

/// A position as BD-09 has it.
pub fn to_bd09(at: LonLat) -> LonLat {
    let gcj = to_gcj02(at);
    let (x, y) = (gcj.lon(), gcj.lat());
    let radius = x.hypot(y) + 0.00002 * (y * BAIDU).sin();
    let angle = y.atan2(x) + 0.000003 * (x * BAIDU).cos();
    position(radius * angle.cos() + 0.0065, radius * angle.sin() + 0.006)
}

/// The position that BD-09 has at `shifted`.
pub fn from_bd09(shifted: LonLat) -> LonLat {
    const ROUNDS: usize = 12;
    // As for GCJ-02: what the guess is off by is taken off it.
    (0..ROUNDS).fold(shifted, |guess, _| {
        let there = to_bd09(guess);
        position(guess.lon() + shifted.lon() - there.lon(), guess.lat() + shifted.lat() - there.lat())
    })
}
