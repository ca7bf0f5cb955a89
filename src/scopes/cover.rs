//! The fewest sets that cover a whole: exactly, as long as that takes no more than so much work, else nearly.

/// How much is looked at before the best that was found is taken: choices times the size of the whole.
const MOST_WORK: usize = 5_000_000;

/// Chooses as few of the sets as cover all of `0..size`, every number of which is in at least one; returns their places in
/// order. Of equally few, those that come first are taken.
pub fn fewest(size: usize, sets: &[Vec<usize>]) -> Vec<usize> {
    let mut holders = vec![Vec::new(); size];
    for (place, set) in sets.iter().enumerate() {
        // A set within another one is never needed.
        let is_within = |(other, wider): (usize, &Vec<usize>)| {
            other != place
                && (wider.len() > set.len() || (wider.len() == set.len() && other < place))
                && set.iter().all(|one| wider.binary_search(one).is_ok())
        };
        if !sets.iter().enumerate().any(is_within) {
            set.iter().for_each(|one| holders[*one].push(place));
        }
    }
    let widest = sets.iter().map(Vec::len).max().unwrap_or(1).max(1);
    let mut search = Search { sets, holders, widest, best: greedy(size, sets), work: 0 };
    let mut covered = vec![0_u32; size];
    search.go_on(&mut covered, size, &mut Vec::new());
    search.best.sort_unstable();
    search.best
}

/// Takes the set with the most that is not covered yet, again and again.
fn greedy(size: usize, sets: &[Vec<usize>]) -> Vec<usize> {
    let (mut is_covered, mut left, mut chosen) = (vec![false; size], size, Vec::new());
    while left > 0 {
        let new = |set: &Vec<usize>| set.iter().filter(|one| !is_covered[**one]).count();
        let best = (0..sets.len())
            .rev()
            .max_by_key(|place| new(&sets[*place]))
            .filter(|place| new(&sets[*place]) > 0);
        let Some(best) = best else { break };
        left -= new(&sets[best]);
        sets[best].iter().for_each(|one| is_covered[*one] = true);
        chosen.push(best);
    }
    chosen
}

struct Search<'s> {
    sets: &'s [Vec<usize>],
    /// The sets that each number is in.
    holders: Vec<Vec<usize>>,
    /// The size of the largest set.
    widest: usize,
    best: Vec<usize>,
    work: usize,
}

impl Search<'_> {
    fn go_on(&mut self, covered: &mut [u32], left: usize, chosen: &mut Vec<usize>) {
        self.work += covered.len();
        if left == 0 {
            if chosen.len() < self.best.len() {
                self.best.clone_from(chosen);
            }
            return;
        }
        if chosen.len() + left.div_ceil(self.widest) >= self.best.len() || self.work >= MOST_WORK {
            return;
        }
        // One of those that hold the number with the fewest must be chosen.
        let open = (0..covered.len()).filter(|one| covered[*one] == 0);
        let Some(hardest) = open.min_by_key(|one| self.holders[*one].len()) else { return };
        for place in self.holders[hardest].clone() {
            let mut left = left;
            for one in &self.sets[place] {
                left -= usize::from(covered[*one] == 0);
                covered[*one] += 1;
            }
            chosen.push(place);
            self.go_on(covered, left, chosen);
            chosen.pop();
            self.sets[place].iter().for_each(|one| covered[*one] -= 1);
        }
    }
}
