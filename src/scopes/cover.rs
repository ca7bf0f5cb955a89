//! The smallest number of sets that cover a range. The result is exact up to a limit of work, and near the minimum
//! beyond.

/// The limit of work of the exact search, in choices times the size of the range. Beyond it, the best result so far is
/// used.
const MOST_WORK: usize = 5_000_000;

/// Chooses as few of the sets as cover all of `0..size`, and returns their places in order. Every number must be in at
/// least one set. Of several choices of the same size, the one with the earlier sets is taken.
pub fn fewest(size: usize, sets: &[Vec<usize>]) -> Vec<usize> {
    let mut holders = vec![Vec::new(); size];
    for (place, set) in sets.iter().enumerate() {
        // A set that is contained in another one is never needed.
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

/// Chooses the set with the most uncovered numbers, until all are covered.
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
    /// The sets that contain each number.
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
        // The uncovered number in the fewest sets needs one of them, which keeps the search narrow.
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
