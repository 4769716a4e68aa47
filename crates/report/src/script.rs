//! The page's script: plain ES modules, joined into one for the report.

/// uPlot 1.6.32 (MIT), which draws the plain line plots.
pub const UPLOT: &str = include_str!("../assets/vendor/uPlot.iife.min.js");
/// Style of uPlot.
pub const UPLOT_STYLE: &str = include_str!("../assets/vendor/uPlot.min.css");
/// Licence of uPlot, which goes with every copy.
pub const UPLOT_LICENCE: &str = include_str!("../assets/vendor/uPlot.LICENSE");
/// Style of the page.
pub const STYLE: &str = include_str!("../assets/page.css");

/// File name and text of each module, in an order in which each imports only from those before it.
pub const MODULES: &[(&str, &str)] = &[
    ("format.js", include_str!("../assets/js/format.js")),
    ("colour.js", include_str!("../assets/js/colour.js")),
    ("data.js", include_str!("../assets/js/data.js")),
    ("axes.js", include_str!("../assets/js/axes.js")),
    ("heating.js", include_str!("../assets/js/heating.js")),
    ("iv.js", include_str!("../assets/js/iv.js")),
    ("outline.js", include_str!("../assets/js/outline.js")),
    ("kymograph.js", include_str!("../assets/js/kymograph.js")),
    ("temperature.js", include_str!("../assets/js/temperature.js")),
    ("rates.js", include_str!("../assets/js/rates.js")),
    ("bands.js", include_str!("../assets/js/bands.js")),
    ("changes.js", include_str!("../assets/js/changes.js")),
    ("measured.js", include_str!("../assets/js/measured.js")),
    ("main.js", include_str!("../assets/js/main.js")),
];

/// All modules as one script for inlining: the imports dropped, the exports made plain, each module in its own scope.
///
/// A page opened from a disk cannot import files, and a build step is more than this needs: each import and export stands on its own line.
pub fn joined() -> String {
    let mut out = String::from("\"use strict\";\nconst $m = {};\n");
    for (name, text) in MODULES {
        let mut names = Vec::new();
        out.push_str(&format!("// ---- {name}\n$m[\"./{name}\"] = (() => {{\n"));
        for line in text.lines() {
            if let Some(import) = line.strip_prefix("import ") {
                let import = import.trim_end_matches(';');
                if let Some((names, from)) = import.split_once(" from ") {
                    out.push_str(&format!("const {names} = $m[{from}];\n"));
                }
            } else if let Some(export) = line.strip_prefix("export ") {
                let declared = export.split_whitespace().nth(1).unwrap_or_default();
                names.push(declared.split('(').next().unwrap_or_default());
                out.push_str(export);
                out.push('\n');
            } else {
                out.push_str(line);
                out.push('\n');
            }
        }
        out.push_str(&format!("return {{ {} }};\n}})();\n", names.join(", ")));
    }
    out
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_import_names_an_export_of_an_earlier_module() {
        for (i, (name, text)) in MODULES.iter().enumerate() {
            for line in text.lines().filter(|l| l.starts_with("import")) {
                let (names, from) = line.strip_prefix("import {").unwrap().split_once("} from \"./").unwrap();
                let file = from.trim_end_matches("\";");
                let source = MODULES[..i].iter().find(|(n, _)| *n == file).unwrap_or_else(|| panic!("{name}: {file} is not before it"));
                for wanted in names.split(',').map(str::trim) {
                    let found =
                        source.1.lines().any(|l| l.strip_prefix("export ").is_some_and(|e| e.split([' ', '(']).nth(1) == Some(wanted)));
                    assert!(found, "{name}: {file} does not export {wanted}");
                }
            }
        }
    }

    #[test]
    fn the_joined_script_has_no_module_syntax_left_and_cannot_end_its_element() {
        let script = joined();
        assert!(!script.lines().any(|l| l.starts_with("import ") || l.starts_with("export ")));
        for text in [script.as_str(), UPLOT, STYLE, UPLOT_STYLE] {
            assert!(!text.to_lowercase().contains("</s") && !text.contains("<!--"));
        }
    }
}
