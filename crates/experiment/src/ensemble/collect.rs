//! From the files of the runs to one dataset: the only step that looks at all of them.

use std::collections::BTreeSet;
use std::path::{Path, PathBuf};

use pentatwin_record::dataset::{Cells, Variable, write_dataset};
use pentatwin_record::sweep::{Ended, Row, SweepTable};
use rayon::prelude::*;
use serde_json::{Map, json};

use super::error::SweepError;
use super::folder::finished;
use super::quantities;
use super::sweep::{Engines, Sweep};
use crate::register;

/// Name of the dataset in the folder of a sweep.
pub const DATASET: &str = "sweep.zarr";

/// What `collect` has made.
#[derive(Clone, PartialEq, Debug)]
pub struct Collected {
    /// The dataset.
    pub dataset: PathBuf,
    /// All runs.
    pub table: SweepTable,
}

/// Reads all results of a sweep's folder and writes the dataset `sweep.zarr` there: Zarr v3, dimensions seed × listed parameters, SI.
///
/// # Errors
/// The folder is none of a sweep, or the dataset cannot be written. Missing and failed runs are no errors: the table says which.
pub fn collect(folder: &Path) -> Result<Collected, SweepError> {
    let sweep = Sweep::of_folder(folder)?;
    let table = sweep.table(folder);
    let dataset = folder.join(DATASET);
    let (attributes, variables) = dataset_of(&table);
    write_dataset(&dataset, attributes, &variables)?;
    Ok(Collected { dataset, table })
}

impl Sweep {
    /// All runs with what the folder has of them.
    pub fn table(&self, folder: &Path) -> SweepTable {
        let rows: Vec<Row> = (0..self.len())
            .into_par_iter()
            .filter_map(|index| {
                let run = self.run(index).ok()?;
                let ended = finished(folder, &run.hash).map(|file| file.ended);
                Some(Row { index, hash: run.hash, seed: run.seed_at, at: run.at, ended })
            })
            .collect();
        self.table_of(rows)
    }

    /// The table of rows that are known.
    pub(super) fn table_of(&self, rows: Vec<Row>) -> SweepTable {
        let names: BTreeSet<&str> = rows
            .iter()
            .filter_map(|r| if let Some(Ended::Done { results, .. }) = &r.ended { Some(results.keys().map(String::as_str)) } else { None })
            .flatten()
            .collect();
        let quantities = quantities::of(&names);
        let mut notes = self.protocol().notes.clone();
        if self.engines == Engines::Wire {
            notes.push(
                "the wire engine alone: one radius per position, and a gap narrower than two cells of its grid is only bounded".to_owned(),
            );
        }
        if !self.drawn.is_empty() {
            notes.push(
                "a device keeps its drawn values in all runs of its seed; its disorder and the meter's errors go by the seed as well"
                    .to_owned(),
            );
        }
        SweepTable {
            title: self.title.clone(),
            description: self.description.clone(),
            protocol: self.protocol().name.clone(),
            pentatwin: env!("CARGO_PKG_VERSION").to_owned(),
            text: self.text.clone(),
            seeds: self.seeds.clone(),
            axes: self.axes(),
            drawn: self.drawn(),
            quantities,
            rows,
            put_in: register::put_in(self.protocol()),
            notes,
        }
    }
}

/// Attributes and variables of the dataset.
fn dataset_of(table: &SweepTable) -> (Map<String, serde_json::Value>, Vec<Variable>) {
    let [done, failed, missing] = table.counts();
    let mut attributes = Map::new();
    for (key, value) in [
        ("title", json!(table.title)),
        ("description", json!(table.description)),
        ("protocol", json!(table.protocol)),
        ("sweep", json!(table.text)),
        ("pentatwin", json!(table.pentatwin)),
        ("runs_done", json!(done)),
        ("runs_failed", json!(failed)),
        ("runs_missing", json!(missing)),
        ("notes", json!(table.notes)),
        ("put_in", json!(table.put_in)),
    ] {
        attributes.insert(key.to_owned(), value);
    }
    let mut dims: Vec<(&str, usize)> = vec![("seed", table.seeds.len())];
    dims.extend(table.axes.iter().map(|a| (a.name.as_str(), a.values.len())));
    let mut all = vec![Variable::new("seed", &dims[..1], Cells::U64(table.seeds.clone()), "1", "seed: a device of its own")];
    for (axis, dim) in table.axes.iter().zip(&dims[1..]) {
        let cells = match &axis.numbers {
            Some(numbers) => Cells::F64(numbers.clone()),
            None => Cells::Words(axis.values.clone()),
        };
        let v = Variable::new(&axis.name, &[*dim], cells, &axis.unit, &axis.meaning);
        all.push(v.with("parameter", axis.key.as_str()).with("values", axis.values.clone()));
    }
    for d in &table.drawn {
        let v = Variable::new(&d.name, &dims[..1], Cells::F64(d.values.clone()), &d.unit, &d.meaning);
        all.push(v.with("parameter", d.key.as_str()).with("distribution", d.law.as_str()));
    }
    for q in &table.quantities {
        let cells = Cells::F64(table.rows.iter().map(|r| r.number(&q.name).unwrap_or(f64::NAN)).collect());
        all.push(Variable::new(&q.name, &dims, cells, &q.unit, &q.label).with("comment", q.meaning.as_str()));
    }
    let state = |r: &Row| match r.ended {
        Some(Ended::Done { .. }) => 0,
        Some(Ended::Failed { .. }) => 1,
        None => 2,
    };
    let status = Variable::new("status", &dims, Cells::U8(table.rows.iter().map(state).collect()), "1", "state of the run");
    all.push(status.with("flag_values", vec![0, 1, 2]).with("flag_meanings", "done failed missing"));
    let broke = table.rows.iter().map(|r| u8::from(r.broke() == Some(true))).collect();
    all.push(Variable::new("broke", &dims, Cells::U8(broke), "1", "1 where the wire broke"));
    let resolved = table.rows.iter().map(|r| u8::from(r.gap_resolved())).collect();
    all.push(Variable::new(
        "gap_resolved",
        &dims,
        Cells::U8(resolved),
        "1",
        "1 where gap_width is a number, 0 where it is an upper bound of the grid",
    ));
    let reasons = table.rows.iter().map(|r| r.reason().unwrap_or_default().to_owned()).collect();
    all.push(Variable::new("reason", &dims, Cells::Words(reasons), "", "why the run failed"));
    let hashes = table.rows.iter().map(|r| r.hash.clone()).collect();
    all.push(Variable::new("hash", &dims, Cells::Words(hashes), "", "name of the run's file below results/"));
    (attributes, all)
}
