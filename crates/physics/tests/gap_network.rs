//! The network of links against a dense solution.

use pentatwin_physics::gap::Network;
use proptest::prelude::*;

/// Conductance between nodes 0 and 1 and all potentials at 1 V, by Gauss elimination with pivoting; nothing where node 1 hangs in the air.
fn dense(nodes: usize, links: &[(usize, usize)], g: &[f64]) -> (f64, Vec<f64>) {
    let n = nodes - 2;
    let mut a = vec![vec![0.0; n + 1]; n];
    for (&(i, j), &g) in links.iter().zip(g) {
        for (i, j) in [(i, j), (j, i)] {
            if i >= 2 {
                a[i - 2][i - 2] += g;
                match j {
                    0 => {}
                    1 => a[i - 2][n] += g,
                    _ => a[i - 2][j - 2] -= g,
                }
            }
        }
    }
    for k in 0..n {
        let pivot = (k..n).max_by(|&i, &j| a[i][k].abs().total_cmp(&a[j][k].abs())).unwrap();
        a.swap(k, pivot);
        for i in k + 1..n {
            let f = a[i][k] / a[k][k];
            for j in k..=n {
                a[i][j] -= f * a[k][j];
            }
        }
    }
    let mut v = vec![0.0; nodes];
    v[1] = 1.0;
    for k in (0..n).rev() {
        let rest: f64 = (k + 1..n).map(|j| a[k][j] * v[j + 2]).sum();
        v[k + 2] = (a[k][n] - rest) / a[k][k];
    }
    let current = links
        .iter()
        .zip(g)
        .map(|(&(i, j), g)| {
            if i == 1 {
                g * (1.0 - v[j])
            } else if j == 1 {
                g * (1.0 - v[i])
            } else {
                0.0
            }
        })
        .sum();
    (current, v)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(64))]
    #[test]
    fn random_networks_conduct_as_a_dense_solution_says(
        nodes in 3usize..25,
        extra in prop::collection::vec((0usize..25, 0usize..25), 0..60),
        decades in prop::collection::vec(-3.0f64..0.0, 90),
    ) {
        // A ring through all nodes keeps every node linked.
        let mut links: Vec<(usize, usize)> = (0..nodes).map(|i| (i, (i + 1) % nodes)).collect();
        links.extend(extra.iter().map(|&(a, b)| (a % nodes, b % nodes)).filter(|(a, b)| a != b));
        let g: Vec<f64> = (0..links.len()).map(|i| 10f64.powf(decades[i])).collect();
        let mut network = Network::new(nodes, &links);
        let seen = network.reduce(&links, |i| g[i], |_| 0.0);
        let mut v = vec![0.0; nodes];
        network.expand(1.0, &mut v);
        let (exact, potentials) = dense(nodes, &links, &g);
        prop_assert!((seen.conductance / exact - 1.0).abs() < 1e-9, "{} {}", seen.conductance, exact);
        for (a, b) in v.iter().zip(&potentials) {
            prop_assert!((a - b).abs() < 1e-9, "{} {}", a, b);
        }
    }
}
