//! Resistor network between the two electrodes, solved by eliminating one node after the other (star–mesh).
//!
//! Every step adds positive numbers only, so conductances from 1e-25 to 1e-3 S stand side by side without cancellation. The order of
//! elimination and all indices are worked out once per set of links; a changed conductance then costs one pass over them.

use super::links::Node;

/// One eliminated node: its neighbours and the pairs of them that become linked.
#[derive(Clone, Debug)]
struct Star {
    node: Node,
    /// Range in `spokes`.
    spokes: (u32, u32),
    /// Range in `meshes`.
    meshes: (u32, u32),
}

/// The network, ready for any conductances on its links.
#[derive(Clone, Debug, Default)]
pub struct Network {
    nodes: usize,
    links: usize,
    stars: Vec<Star>,
    /// Neighbour and edge.
    spokes: Vec<(u32, u32)>,
    /// Two edges of the star and the edge that joins their far ends.
    meshes: Vec<(u32, u32, u32)>,
    /// Edge of each link.
    edge_of: Vec<u32>,
    work: Vec<f64>,
    sums: Vec<f64>,
    sources: Vec<f64>,
}

/// What the two electrodes (nodes 0 and 1) see: current into node 1 = `conductance` × V − `source`.
#[derive(Clone, Copy, Debug, PartialEq)]
pub struct Seen {
    /// Conductance [S].
    pub conductance: f64,
    /// Current that the sources inside drive into node 1 [A].
    pub source: f64,
}

impl Network {
    /// A network of `nodes` nodes, 0 and 1 the electrodes, with links between pairs of nodes.
    pub fn new(nodes: usize, links: &[(Node, Node)]) -> Network {
        let nodes = nodes.max(2);
        let mut next: Vec<Vec<(u32, u32)>> = vec![Vec::new(); nodes];
        // Edge 0 joins the electrodes.
        let mut edges = 1u32;
        next[0].push((1, 0));
        next[1].push((0, 0));
        let mut edge_of = Vec::with_capacity(links.len());
        for &(a, b) in links {
            if let Some(&(_, e)) = next[a].iter().find(|(n, _)| *n as usize == b) {
                edge_of.push(e);
            } else {
                next[a].push((b as u32, edges));
                next[b].push((a as u32, edges));
                edge_of.push(edges);
                edges += 1;
            }
        }
        let mut net = Network { nodes, links: links.len(), edge_of, ..Network::default() };
        // A node without links has nothing to eliminate.
        let mut left: Vec<Node> = (2..nodes).filter(|&n| !next[n].is_empty()).collect();
        while let Some((at, &node)) = left.iter().enumerate().min_by_key(|(_, n)| next[**n].len()) {
            left.swap_remove(at);
            let around = std::mem::take(&mut next[node]);
            let first = (net.spokes.len() as u32, net.meshes.len() as u32);
            for (i, &(j, e)) in around.iter().enumerate() {
                net.spokes.push((j, e));
                next[j as usize].retain(|(n, _)| *n as usize != node);
                for &(k, f) in &around[..i] {
                    let joined = next[j as usize].iter().find(|(n, _)| *n == k).map(|x| x.1);
                    let g = joined.unwrap_or_else(|| {
                        let g = edges;
                        edges += 1;
                        next[j as usize].push((k, g));
                        next[k as usize].push((j, g));
                        g
                    });
                    net.meshes.push((e, f, g));
                }
            }
            net.stars.push(Star { node, spokes: (first.0, net.spokes.len() as u32), meshes: (first.1, net.meshes.len() as u32) });
        }
        net.work = vec![0.0; edges as usize];
        net.sums = vec![0.0; net.stars.len()];
        net.sources = vec![0.0; nodes];
        net
    }

    /// Number of nodes.
    pub fn nodes(&self) -> usize {
        self.nodes
    }

    /// Eliminates all but the electrodes: `conductance` per link [S], and per link a current [A] that flows from its first to its second node
    /// beside the conductance (0 for a plain resistor).
    pub fn reduce(&mut self, links: &[(Node, Node)], conductance: impl Fn(usize) -> f64, beside: impl Fn(usize) -> f64) -> Seen {
        self.work.fill(0.0);
        self.sources.fill(0.0);
        for i in 0..self.links {
            self.work[self.edge_of[i] as usize] += conductance(i);
            let c = beside(i);
            self.sources[links[i].0] -= c;
            self.sources[links[i].1] += c;
        }
        for (star, sum) in self.stars.iter().zip(&mut self.sums) {
            let spokes = &self.spokes[star.spokes.0 as usize..star.spokes.1 as usize];
            *sum = spokes.iter().map(|s| self.work[s.1 as usize]).sum();
            if *sum <= 0.0 {
                continue;
            }
            let part = self.sources[star.node] / *sum;
            for &(j, e) in spokes {
                self.sources[j as usize] += part * self.work[e as usize];
            }
            let inverse = 1.0 / *sum;
            for &(e, f, g) in &self.meshes[star.meshes.0 as usize..star.meshes.1 as usize] {
                self.work[g as usize] += self.work[e as usize] * inverse * self.work[f as usize];
            }
        }
        Seen { conductance: self.work[0], source: self.sources[1] }
    }

    /// Potentials of all nodes [V] after [`Network::reduce`], node 0 at 0 and node 1 at `voltage`. A node that no link holds keeps what
    /// `potential` says.
    pub fn expand(&self, voltage: f64, potential: &mut [f64]) {
        potential[0] = 0.0;
        potential[1] = voltage;
        for (star, sum) in self.stars.iter().zip(&self.sums).rev() {
            if *sum > 0.0 {
                let spokes = &self.spokes[star.spokes.0 as usize..star.spokes.1 as usize];
                let flow: f64 = spokes.iter().map(|&(j, e)| self.work[e as usize] * potential[j as usize]).sum();
                potential[star.node] = (flow + self.sources[star.node]) / sum;
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_wheatstone_bridge_and_a_ladder_have_their_textbook_conductance() {
        // Balanced bridge: 1-2-0 and 1-3-0, 2-3 carries nothing.
        let links = [(0, 2), (2, 1), (0, 3), (3, 1), (2, 3)];
        let mut n = Network::new(4, &links);
        let g = [1.0, 2.0, 3.0, 6.0, 5.0];
        let seen = n.reduce(&links, |i| g[i], |_| 0.0);
        assert!((seen.conductance - (2.0 / 3.0 + 2.0)).abs() < 1e-14);
        // Infinite ladder of unit resistors: the golden ratio; 40 rungs are as good.
        let mut links = Vec::new();
        let top = |i: usize| if i == 0 { 1 } else { i + 1 };
        for i in 0..40 {
            links.push((top(i), top(i + 1)));
            links.push((top(i + 1), 0));
        }
        let seen = Network::new(42, &links).reduce(&links, |_| 1.0, |_| 0.0);
        assert!((1.0 / seen.conductance - 0.5 * (1.0 + 5f64.sqrt())).abs() < 1e-12);
    }

    #[test]
    fn a_chain_over_twenty_decades_is_exact_and_floating_nodes_keep_their_potential() {
        let links = [(0, 2), (2, 3), (3, 1), (4, 5)];
        let g = [1e-3, 1e-23, 1e-4, 1.0];
        let mut n = Network::new(6, &links);
        let seen = n.reduce(&links, |i| g[i], |_| 0.0);
        let exact = 1.0 / (1e3 + 1e23 + 1e4);
        assert!((seen.conductance / exact - 1.0).abs() < 1e-14);
        let mut v = [0.0, 0.0, 0.0, 0.0, 0.7, 0.7];
        n.expand(1.0, &mut v);
        assert!((v[2] / (exact * 1e3) - 1.0).abs() < 1e-12 && (1.0 - v[3]) < 1e-15 && v[4] == 0.7 && v[5] == 0.7, "{v:?}");
    }
}
