//! A map in a page for people: the features that the page tells of over the borders of the city, as SVG, which needs no
//! script and prints as it is seen.

use std::fmt::Write;

use geo::{Intersects, Rect, Simplify, coord};
use geo_types::{Geometry, LineString, Polygon};

use super::html::{anchor, escaped, say};
use crate::catalog::SYNTHETIC;
use crate::domain::{Bbox, Lang};
use crate::index::{Item, Snapshot};

/// The picture's size, CSS pixels.
const WIDTH: f64 = 960.0;
const HEIGHT: f64 = 480.0;

/// A page shows no less than this, degrees of latitude: about 300 metres.
const LEAST_DEGREES: f64 = 0.003;

/// What is finer than this is left out of an outline, CSS pixels.
const FINEST: f64 = 0.4;

/// Features that may be drawn of one layer that lies under those of the page.
const MOST_UNDER: usize = 1_500;

/// Layers that lie under the features of the page, the lowest first, each where no more than so many degrees of latitude
/// are seen; and the class it is drawn by.
const UNDER: [(&str, f64, &str); 4] =
    [("water", 0.12, "water"), ("road", 0.06, "road"), ("village", 0.25, "border"), ("township", 90.0, "border")];

/// How the map is drawn, for the style of the page.
pub(super) const STYLE: &str = "figure{margin:1rem 0}figure svg{width:100%;height:auto;background:#f6f5f1;\
border:1px solid #d5dbe1;display:block}figcaption{color:#55606c;font-size:.85rem;margin-top:.3rem}\
.border{fill:none;stroke:#8a8f98;stroke-width:1}.water{fill:#d6e4ec;stroke:#b4cbd8}.road{fill:none;stroke:#d9c9a8;stroke-width:2}\
.own{stroke-width:1.6;fill-opacity:.35}.own.line{fill:none;stroke-width:3}.own.point{fill-opacity:1;stroke:#fff;stroke-width:1}\
a:focus .own,a:hover .own{stroke:#0b57d0;stroke-width:4}figure text{font-size:13px;fill:#3b4250;text-anchor:middle;\
paint-order:stroke;stroke:#fff;stroke-width:3px}\
@media(prefers-color-scheme:dark){figure svg{background:#1b222b;border-color:#33404d}.border{stroke:#6d7784}\
.water{fill:#22374a;stroke:#2f4c63}.road{stroke:#4b4537}figcaption{color:#9aa7b4}\
figure text{fill:#cdd5de;stroke:#12181f}}";

/// Where the picture lies: degrees to CSS pixels, a degree of longitude as short as it is there.
struct Frame {
    view: Rect<f64>,
    scale_x: f64,
    scale_y: f64,
}

impl Frame {
    /// A frame around a box, with some room.
    fn around(bbox: Bbox) -> Self {
        const ROOM: f64 = 1.15;
        let centre = bbox.centre();
        let narrowing = centre.lat().to_radians().cos().max(0.01);
        let wide = (bbox.east() - bbox.west()) * narrowing * HEIGHT / WIDTH;
        let half = (wide.max(bbox.north() - bbox.south()) * ROOM).max(LEAST_DEGREES) / 2.0;
        let half_lon = half * WIDTH / HEIGHT / narrowing;
        let (lon, lat) = (centre.lon(), centre.lat());
        let view = Rect::new(coord! { x: lon - half_lon, y: lat - half }, coord! { x: lon + half_lon, y: lat + half });
        Self { view, scale_x: WIDTH / (2.0 * half_lon), scale_y: HEIGHT / (2.0 * half) }
    }

    fn x(&self, lon: f64) -> f64 {
        (lon - self.view.min().x) * self.scale_x
    }

    fn y(&self, lat: f64) -> f64 {
        (self.view.max().y - lat) * self.scale_y
    }

    fn bbox(&self) -> Option<Bbox> {
        let (min, max) = (self.view.min(), self.view.max());
        Bbox::new(min.x.max(-180.0), min.y.max(-90.0), max.x.min(180.0), max.y.min(90.0)).ok()
    }

    /// The zoom at which the map of the web app shows about as much.
    fn zoom(&self) -> f64 {
        const DEGREES_AT_0: f64 = 360.0 / 512.0;
        (self.scale_x * DEGREES_AT_0).log2()
    }

    fn path(&self, geometry: &Geometry<f64>) -> String {
        let mut path = String::new();
        match geometry {
            Geometry::LineString(line) => self.line(line, "", &mut path),
            Geometry::MultiLineString(lines) => lines.iter().for_each(|line| self.line(line, "", &mut path)),
            Geometry::Polygon(polygon) => self.rings(polygon, &mut path),
            Geometry::MultiPolygon(polygons) => polygons.iter().for_each(|polygon| self.rings(polygon, &mut path)),
            _ => {}
        }
        path
    }

    fn rings(&self, polygon: &Polygon<f64>, path: &mut String) {
        for ring in std::iter::once(polygon.exterior()).chain(polygon.interiors()) {
            self.line(ring, "Z", path);
        }
    }

    fn line(&self, line: &LineString<f64>, end: &str, path: &mut String) {
        for (i, at) in line.simplify(FINEST / self.scale_y).coords().enumerate() {
            let letter = if i == 0 { 'M' } else { 'L' };
            // Writing into a string cannot fail.
            let _ = write!(path, "{letter}{:.1} {:.1}", self.x(at.x), self.y(at.y));
        }
        path.push_str(end);
    }
}

/// A map of features of a layer; nothing where there are none.
pub(super) fn drawn(lang: Lang, snapshot: &Snapshot, at: usize, items: &[&Item]) -> String {
    let Some(bbox) = items.iter().map(|item| item.bbox()).reduce(Bbox::union) else { return String::new() };
    let catalogue = snapshot.catalogue();
    let layer = &catalogue.layers[at];
    let frame = Frame::around(bbox);
    let (mut svg, mut sources) = (String::new(), vec![at]);
    let under_synthetic = under(&frame, snapshot, at, &mut svg, &mut sources);
    for item in items {
        own(&frame, layer.id.as_str(), &layer.style.color, &label(layer, item), item, &mut svg);
    }
    names(&frame, snapshot, &mut svg);
    let title = layer.title.in_lang(lang);
    let centre = bbox.centre();
    let link = format!("/#{:.2}/{:.5}/{:.5}?l={}", frame.zoom().clamp(7.0, 18.0), centre.lat(), centre.lon(), layer.id);
    let synthetic = under_synthetic || items.iter().any(|item| is_synthetic(item));
    let synthetic = if synthetic {
        format!(" · <strong>{}</strong>", say(lang, "合成数据", "Synthetic data"))
    } else {
        String::new()
    };
    let attribution = snapshot.attribution(sources, lang);
    let attribution = if attribution.is_empty() { String::new() } else { format!(" · {}", escaped(&attribution)) };
    format!(
        "<figure><svg viewBox=\"0 0 {WIDTH} {HEIGHT}\" role=\"group\" aria-label=\"{}\">{svg}</svg>\
         <figcaption>{}{synthetic}{attribution}</figcaption></figure>",
        escaped(title),
        anchor(&link, say(lang, "在地图中打开", "Open on the map")),
    )
}

fn label(layer: &crate::catalog::Layer, item: &Item) -> String {
    let label = item.property(&layer.label).and_then(|label| label.as_str().map(str::to_owned));
    label.unwrap_or_else(|| item.id.to_string())
}

fn is_synthetic(item: &Item) -> bool {
    item.property(SYNTHETIC) == Some(true.into())
}

/// What lies under the features of the page; whether any of it is made up.
fn under(frame: &Frame, snapshot: &Snapshot, own: usize, svg: &mut String, sources: &mut Vec<usize>) -> bool {
    let mut synthetic = false;
    let Some(view) = frame.bbox() else { return synthetic };
    for (id, most_degrees, class) in UNDER {
        let position = snapshot.catalogue().layers.iter().position(|layer| layer.id.as_str() == id);
        let Some(at) = position.filter(|&at| at != own && frame.view.height() <= most_degrees) else { continue };
        let mut path = String::new();
        for item in snapshot.layer(at).in_box(view).take(MOST_UNDER) {
            path.push_str(&frame.path(&item.geo()));
            synthetic |= is_synthetic(item);
        }
        if !path.is_empty() {
            sources.push(at);
            let _ = write!(svg, "<path class=\"{class}\" d=\"{path}\"/>");
        }
    }
    synthetic
}

/// A feature, as a link to itself.
fn own(frame: &Frame, layer: &str, color: &str, label: &str, item: &Item, svg: &mut String) {
    const RADIUS: f64 = 4.5;
    let geometry = item.geo();
    let shape = match &*geometry {
        Geometry::Point(point) => {
            let (x, y) = (frame.x(point.x()), frame.y(point.y()));
            format!("<circle class=\"own point\" cx=\"{x:.1}\" cy=\"{y:.1}\" r=\"{RADIUS}\" fill=\"{color}\"/>")
        }
        Geometry::LineString(_) | Geometry::MultiLineString(_) => {
            format!("<path class=\"own line\" stroke=\"{color}\" d=\"{}\"/>", frame.path(&geometry))
        }
        area => {
            format!("<path class=\"own\" stroke=\"{color}\" fill=\"{color}\" d=\"{}\"/>", frame.path(area))
        }
    };
    let _ =
        write!(svg, "<a href=\"/collections/{layer}/items/{}\"><title>{}</title>{shape}</a>", item.id, escaped(label));
}

/// The names of the townships whose middle is seen; where there is none, the one in which the view lies, at its top.
fn names(frame: &Frame, snapshot: &Snapshot, svg: &mut String) {
    const TOP: f64 = 22.0;
    /// The side of a Chinese character, CSS pixels.
    const LETTER: f64 = 14.0;
    let catalogue = snapshot.catalogue();
    let Some(at) = catalogue.layers.iter().position(|layer| layer.id.as_str() == "township") else { return };
    let Some(view) = frame.bbox() else { return };
    let mut taken: Vec<Rect<f64>> = Vec::new();
    let mut write = |x: f64, y: f64, item: &Item| {
        let name = label(&catalogue.layers[at], item);
        let half = coord! { x: name.chars().count() as f64 * LETTER / 2.0, y: LETTER / 2.0 };
        let room = Rect::new(coord! { x: x, y: y } - half, coord! { x: x, y: y } + half);
        // Names that would stand in each other's way give way to those that came first.
        if taken.iter().any(|other| other.intersects(&room)) {
            return;
        }
        taken.push(room);
        let _ = write!(svg, "<text x=\"{x:.1}\" y=\"{y:.1}\">{}</text>", escaped(&name));
    };
    let (mut around, mut is_named) = (None, false);
    for item in snapshot.layer(at).in_box(view) {
        let place = item.representative();
        if view.contains(place) {
            write(frame.x(place.lon()), frame.y(place.lat()), item);
            is_named = true;
        } else if item.covers(view.centre()) {
            around = Some(item);
        }
    }
    if let Some(item) = around.filter(|_| !is_named) {
        write(WIDTH / 2.0, TOP, item);
    }
}
