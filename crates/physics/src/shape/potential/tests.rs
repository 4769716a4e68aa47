use super::*;
use crate::lattice::{Form, Start};

fn section(shells: usize, layers: usize) -> (Graph, Occupation) {
    let graph = Graph::new(shells + 6, layers, 15).unwrap();
    let occupied = Occupation::of(&Start { shells, form: Form::Section }, &graph);
    (graph, occupied)
}

#[test]
fn a_pristine_wire_conducts_two_per_column_and_layer_less_its_surface() {
    for shells in [1, 6, 16] {
        let (graph, occupied) = section(shells, 40);
        let mut potential = Potential::new(&graph);
        let Ok(Solved::Closed(s)) = potential.solve(&occupied, &[1.0; 39], 1e-6) else { panic!() };
        let per_layer = (potential.layers()[30] - potential.layers()[10]) / 20.0;
        assert!((per_layer / pristine_gradient(shells) - 1.0).abs() < 1e-4, "{per_layer} {}", pristine_gradient(shells));
        assert!((s.current_out / s.current_in - 1.0).abs() < 1e-4 && (s.current_in - 1.0).abs() < 1e-12);
    }
    // 1.940 per column for 16 shells.
    assert!((1.0 / pristine_gradient(16) / columns(16) as f64 - 1.93979).abs() < 1e-5);
}
