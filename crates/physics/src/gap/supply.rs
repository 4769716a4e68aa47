//! Electrons reach a body along its best path from the negative electrode (rewiring.md section 2.4): what floats gets none.

use super::links::Bond;

/// Conductance of the best path from `from` to each node [S]; infinite at the start, 0 where none leads; and the bond by which it arrives.
pub(super) fn paths(nodes: usize, bonds: &[Bond], from: &[usize]) -> (Vec<f64>, Vec<Option<usize>>) {
    let mut resistance = vec![f64::INFINITY; nodes];
    let mut by = vec![None; nodes];
    let mut done = vec![false; nodes];
    for &f in from {
        resistance[f] = 0.0;
    }
    let mut next: Vec<Vec<usize>> = vec![Vec::new(); nodes];
    for (i, b) in bonds.iter().enumerate() {
        next[b.a].push(i);
        next[b.b].push(i);
    }
    loop {
        let mut at = None;
        for n in 0..nodes {
            if !done[n] && resistance[n].is_finite() && at.is_none_or(|a: usize| resistance[n] < resistance[a]) {
                at = Some(n);
            }
        }
        let Some(n) = at else { break };
        done[n] = true;
        for &i in &next[n] {
            let other = bonds[i].a + bonds[i].b - n;
            let r = resistance[n] + 1.0 / bonds[i].g;
            if r < resistance[other] {
                resistance[other] = r;
                by[other] = Some(i);
            }
        }
    }
    (resistance.iter().map(|r| 1.0 / r).collect(), by)
}
