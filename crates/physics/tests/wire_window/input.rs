//! What a window may not be.

use pentatwin_physics::device::Contacts;
use pentatwin_physics::wire::{Window, WireEngine, WireError};

use crate::{device, still, sweep, through};

#[test]
fn a_window_that_makes_no_sense_is_refused() {
    let mut blocked = device();
    blocked.chip.contacts = Contacts::Blocked;
    let mut wire = WireEngine::new(&blocked, 1).unwrap();
    wire.drive(sweep(0.1));
    wire.advance(0.1, &mut |_| {}).unwrap();
    let n = wire.grid().cells();
    let good = still(&wire, 10..20, 1e-3);
    let change = |f: &dyn Fn(&mut Window)| {
        let mut window = good.clone();
        f(&mut window);
        window
    };
    let cell = good.area[0] * wire.grid().dx;
    let cases: Vec<(&str, Window)> = vec![
        ("cells are", change(&|w| w.cells = 15..15)),
        #[allow(clippy::reversed_empty_ranges)]
        ("cells are", change(&|w| w.cells = 20..10)),
        ("cells are", change(&|w| w.cells = n - 5..n + 5)),
        ("cells are", change(&|w| w.cells = usize::MAX - 1..usize::MAX)),
        ("cross-sections for its", change(&|w| w.area.truncate(9))),
        ("constrictions for its", change(&|w| w.constriction.push(1.0))),
        ("cross-section [m2] in cell 13", change(&|w| w.area[3] = f64::NAN)),
        ("cross-section [m2] in cell 13", change(&|w| w.area[3] = 0.0)),
        ("cross-section [m2] in cell 13", change(&|w| w.area[3] = -1e-15)),
        ("constriction in cell 10", change(&|w| w.constriction[0] = 0.0)),
        ("constriction in cell 10", change(&|w| w.constriction[0] = f64::INFINITY)),
        ("interval ends", change(&|w| w.end = f64::NAN)),
        ("interval ends", change(&|w| w.end = wire.time())),
        ("interval ends", change(&|w| w.end = f64::INFINITY)),
        ("end before is NaN", change(&|w| w.passed[0] = f64::NAN)),
        ("end after is inf", change(&|w| w.passed[1] = f64::INFINITY)),
        ("does not balance", change(&|w| w.passed[0] = 1e-6 * cell)),
        ("does not balance", change(&|w| w.area[4] *= 1.0 + 1e-6)),
        ("no silver: 0 is right", change(&|w| (w.cells, w.passed) = (0..10, [1e-3 * cell; 2]))),
        ("no silver: 0 is right", change(&|w| (w.cells, w.passed) = (n - 10..n, [1e-3 * cell; 2]))),
    ];
    let before = wire.snapshot();
    for (text, window) in cases {
        let error = wire.set_window(window.clone()).expect_err(text);
        assert!(matches!(&error, WireError::Window(said) if said.contains(text)), "{error} [{text}]");
        assert!(wire.window().is_none() && wire.snapshot() == before);
    }
    assert!(matches!(wire.part(&[1.0], 3), Err(WireError::Window(_))), "no window");
    wire.release_window();

    // What is right beside them: the ends of the grid, and the whole of it.
    for cells in [0..10, n - 10..n, 0..n] {
        wire.set_window(still(&wire, cells, 1e-3)).unwrap();
        through(&mut wire);
    }
    wire.set_window(still(&wire, 10..20, 1e-3)).unwrap();
    let area = wire.area()[10..20].to_vec();
    let with = |k: usize, v: f64| {
        let mut area = area.clone();
        area[k] = v;
        area
    };
    for (area, cell) in [
        (area[1..].to_vec(), 15),
        (with(3, f64::NAN), 15),
        (with(3, -1.0), 15),
        (area.clone(), 25),
        (with(3, 2.0 * area[3]), 15),
        (vec![0.0; 10], 15),
    ] {
        assert!(matches!(wire.part(&area, cell), Err(WireError::Window(_))));
        assert!(!wire.frozen() && !wire.broken());
    }
    through(&mut wire);
    assert!(!wire.advance_one().unwrap(), "the interval is over");
    assert_eq!(wire.longest_interval(&(0..n)), f64::INFINITY);
    assert!(wire.longest_interval(&(n + 5..n + 9)) > 0.0, "no panic");
}
