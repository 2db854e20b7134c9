//! Which steps of a graph can be reached from themselves.

use super::graph::{Node, NodeId};

/// For each step, whether it is in a cycle: one walk in depth over the whole graph (Tarjan's strongly connected components).
pub(super) fn cycles(nodes: &[Node]) -> Vec<bool> {
    let mut search = Search {
        nodes,
        entered: vec![None; nodes.len()],
        lowest: vec![0; nodes.len()],
        is_open: vec![false; nodes.len()],
        open: Vec::new(),
        count: 0,
        in_cycle: vec![false; nodes.len()],
    };
    for id in 0..nodes.len() {
        if search.entered[id].is_none() {
            search.walk(id);
        }
    }
    search.in_cycle
}

struct Search<'n> {
    nodes: &'n [Node],
    /// The number with which each step was entered.
    entered: Vec<Option<usize>>,
    /// The lowest number of an open step that it leads to.
    lowest: Vec<usize>,
    is_open: Vec<bool>,
    /// The steps whose component is not complete.
    open: Vec<NodeId>,
    count: usize,
    in_cycle: Vec<bool>,
}

impl Search<'_> {
    /// Without recursion: a function can have more steps than a thread has stack.
    fn walk(&mut self, start: NodeId) {
        let mut path = vec![(start, 0)];
        self.enter(start);
        while let Some((id, at)) = path.pop() {
            let Some(&next) = self.nodes[id].next.get(at) else {
                self.leave(id, path.last().map(|(before, _)| *before));
                continue;
            };
            path.push((id, at + 1));
            match self.entered[next] {
                None => {
                    self.enter(next);
                    path.push((next, 0));
                }
                Some(number) if self.is_open[next] => self.lowest[id] = self.lowest[id].min(number),
                Some(_) => {}
            }
        }
    }

    fn enter(&mut self, id: NodeId) {
        self.entered[id] = Some(self.count);
        self.lowest[id] = self.count;
        self.count += 1;
        self.is_open[id] = true;
        self.open.push(id);
    }

    fn leave(&mut self, id: NodeId, before: Option<NodeId>) {
        if let Some(before) = before {
            self.lowest[before] = self.lowest[before].min(self.lowest[id]);
        }
        if self.entered[id] != Some(self.lowest[id]) {
            return;
        }
        let first = self.open.iter().rposition(|one| *one == id).unwrap_or_default();
        let component = self.open.split_off(first);
        let is_cycle = component.len() > 1 || self.nodes[id].next.contains(&id);
        for one in component {
            self.is_open[one] = false;
            self.in_cycle[one] = is_cycle;
        }
    }
}

#[cfg(test)]
mod tests {
    use super::{Node, cycles};
    use crate::flow::graph::{Step, Within};

    #[test]
    fn a_step_is_in_a_cycle_if_it_leads_to_itself() {
        let node = |next: &[usize]| Node { next: next.to_vec(), ..Node::new(Step::Pass, Within::Function) };
        // 1 and 2 lead to each other, 4 to itself.
        let nodes = [node(&[1]), node(&[2]), node(&[1, 3]), node(&[4]), node(&[4, 5]), node(&[])];
        assert_eq!(cycles(&nodes), [false, true, true, false, true, false]);
    }
}
