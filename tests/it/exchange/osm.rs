use std::fs::File;
use std::ops::ControlFlow;

use platbook::exchange::osm;

#[test]
fn probe() {
    for name in ["monaco", "krems"] {
        let mut n = 0;
        let s = osm::read(File::open(format!("tests/data/osm/{name}.osm.pbf")).unwrap(), None, &mut |_| {}, &mut |d| {
            n += 1;
            if n % 400 == 0 {
                eprintln!("{}", serde_json::to_string(&d).unwrap());
            }
            ControlFlow::Continue(())
        })
        .unwrap();
        eprintln!("{}", serde_json::to_string_pretty(&s).unwrap());
    }
}
