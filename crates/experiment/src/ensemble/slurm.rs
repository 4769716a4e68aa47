//! The batch script that carries a sweep out as a Slurm array.

use std::path::Path;

use super::sweep::Sweep;

/// Tasks of one array: Slurm's MaxArraySize is 1001 unless a site has changed it, and tasks count from 0.
pub const MOST_TASKS: usize = 1000;

impl Sweep {
    /// An sbatch script whose task K does run K of the sweep (and, where there are more than [`MOST_TASKS`] runs, K + 1000, K + 2000 …).
    pub fn slurm_script(&self, file: &str, folder: &Path, command: &str) -> String {
        let tasks = self.len().min(MOST_TASKS);
        let stride = if self.len() > MOST_TASKS { format!(" --stride {MOST_TASKS}") } else { String::new() };
        let out = folder.display().to_string();
        let name: String = self.name.chars().map(|c| if c.is_ascii_alphanumeric() || "-_.".contains(c) { c } else { '-' }).collect();
        format!(
            "#!/bin/bash\n\
             #SBATCH --job-name={name}\n\
             #SBATCH --array=0-{last}\n\
             #SBATCH --ntasks=1\n\
             #SBATCH --cpus-per-task=1\n\
             #SBATCH --mem=500M\n\
             #SBATCH --time=00:30:00\n\
             #SBATCH --output=sweep-%A.log\n\
             #SBATCH --open-mode=append\n\
             # {runs} runs. Start it with sbatch where sweep file and folder can be seen; start it again for those that are missing:\n\
             # finished runs are skipped. When it is done: {command} sweep collect {folder}\n\
             exec {command} sweep {file} --out {folder} --index \"$SLURM_ARRAY_TASK_ID\"{stride} --jobs 1 -q\n",
            last = tasks.saturating_sub(1),
            runs = self.len(),
            folder = quoted(&out),
            file = quoted(file),
            command = quoted(command),
        )
    }
}

/// A word as the shell takes it.
fn quoted(word: &str) -> String {
    let plain = !word.is_empty() && word.chars().all(|c| c.is_ascii_alphanumeric() || "-_./+=:,@".contains(c));
    if plain { word.to_owned() } else { format!("'{}'", word.replace('\'', "'\\''")) }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_script_has_a_task_for_each_run_and_strides_over_more() {
        let read = |n: usize| Sweep::read(&format!("protocol = \"fig2a\"\nseeds = {n}")).unwrap();
        let script = read(30).slurm_script("a b.toml", Path::new("/data/it's"), "pentatwin");
        assert!(script.contains("#SBATCH --array=0-29\n"), "{script}");
        assert!(
            script.contains("pentatwin sweep 'a b.toml' --out '/data/it'\\''s' --index \"$SLURM_ARRAY_TASK_ID\" --jobs 1 -q\n"),
            "{script}"
        );
        assert!(read(2500).slurm_script("s.toml", Path::new("o"), "pentatwin").contains("--array=0-999\n"));
        assert!(read(2500).slurm_script("s.toml", Path::new("o"), "pentatwin").contains("\" --stride 1000 "));
    }
}
