//! Shells of the elements of the table: ionization, yields, Coster–Kronig transfer.
//!
//! * Coefficients of the ionization cross-section and edges of Bote, Salvat, Jablonski & Powell, At. Data Nucl. Data Tables 95, 871 (2009),
//!   digits as in NIST's BoteSalvatICX (public domain).
//! * Fluorescence yields and Coster–Kronig transfers: Elam, Ravel & Sieber, Radiat. Phys. Chem. 63, 121 (2002), digits as in XrayDB
//!   (public domain). But M2, M3 and M4 of platinum: 0.0293, 0.0039 and 0.0222 there, which makes M2-N4 at 2.70 keV, right under Ag L,
//!   four times as strong as it is. Their relative strengths, against M5, are taken from the FePt spectrum of ../shared/data/real.

/// One shell.
pub struct Shell {
    /// K, L1 … M5.
    pub name: &'static str,
    /// Binding energy of the cross-section's fit [eV].
    pub edge: f64,
    /// b, a_nlj, g1 … g4: above 16 edges.
    pub b: f64,
    pub scale: f64,
    pub high: [f64; 4],
    /// a1 … a5: up to 16 edges.
    pub low: [f64; 5],
    /// Photons per vacancy.
    pub fluorescence: f64,
    /// Part of its vacancies that moves to another shell of the element, by index in the row.
    pub transfer: &'static [(usize, f64)],
}

#[rustfmt::skip]
pub static CARBON: [Shell; 1] = [
    Shell { name: "K", edge: 291.001, b: 1.21, scale: 2.61e-6, high: [0.0176, 8.57, -0.0675, 0.0467], low: [0.0999, 0.000488, -0.139, 0.149, -0.202], fluorescence: 0.0014, transfer: &[] },
];

#[rustfmt::skip]
pub static NITROGEN: [Shell; 1] = [
    Shell { name: "K", edge: 404.846, b: 1.2, scale: 1.86e-6, high: [0.023, 8.27, -0.0823, 0.0578], low: [0.0718, 0.000362, -0.0991, 0.105, -0.14], fluorescence: 0.0031, transfer: &[] },
];

#[rustfmt::skip]
pub static OXYGEN: [Shell; 1] = [
    Shell { name: "K", edge: 537.276, b: 1.19, scale: 1.4e-6, high: [0.0258, 8.01, -0.0898, 0.0571], low: [0.0541, 0.000281, -0.0743, 0.0782, -0.102], fluorescence: 0.0058, transfer: &[] },
];

#[rustfmt::skip]
pub static ALUMINIUM: [Shell; 1] = [
    Shell { name: "K", edge: 1549.92, b: 1.15, scale: 4.51e-7, high: [0.0551, 7.23, -0.183, 0.0897], low: [0.0185, 0.000119, -0.0241, 0.0242, -0.0266], fluorescence: 0.0329767, transfer: &[] },
];

#[rustfmt::skip]
pub static SILICON: [Shell; 1] = [
    Shell { name: "K", edge: 1828.5, b: 1.14, scale: 3.74e-7, high: [0.0621, 7.14, -0.207, 0.0953], low: [0.0156, 0.000106, -0.0201, 0.0202, -0.0225], fluorescence: 0.0429108, transfer: &[] },
];

#[rustfmt::skip]
pub static IRON: [Shell; 4] = [
    Shell { name: "K", edge: 7083.48, b: 0.863, scale: 8.37e-8, high: [0.225, 6.39, -0.77, 0.317], low: [0.00383, 5.38e-5, -0.00451, 0.00429, -0.00451], fluorescence: 0.350985, transfer: &[] },
    Shell { name: "L1", edge: 842.941, b: 1.06, scale: 5.88e-7, high: [0.0386, 8.53, -0.125, 0.0612], low: [0.0307, 0.000148, -0.0354, 0.0209, 0.0132], fluorescence: 0.001, transfer: &[(2, 0.3), (3, 0.57)] },
    Shell { name: "L2", edge: 733.523, b: 0.976, scale: 1.17e-6, high: [0.0329, 7.48, -0.127, 0.0717], low: [0.0406, 0.000248, -0.0495, 0.0802, -0.131], fluorescence: 0.0036, transfer: &[(3, 0.42)] },
    Shell { name: "L3", edge: 720.583, b: 0.976, scale: 2.39e-6, high: [0.0303, 7.47, -0.0853, 0.0619], low: [0.0586, 0.000355, -0.0714, 0.115, -0.187], fluorescence: 0.0063, transfer: &[] },
];

#[rustfmt::skip]
pub static COBALT: [Shell; 4] = [
    Shell { name: "K", edge: 7680.79, b: 0.832, scale: 7.67e-8, high: [0.248, 6.35, -0.85, 0.358], low: [0.00352, 5.24e-5, -0.00412, 0.00392, -0.00413], fluorescence: 0.381903, transfer: &[] },
    Shell { name: "L1", edge: 922.953, b: 1.05, scale: 5.4e-7, high: [0.0443, 8.43, -0.156, 0.077], low: [0.0281, 0.000138, -0.0324, 0.0193, 0.0102], fluorescence: 0.0012, transfer: &[(2, 0.3), (3, 0.56)] },
    Shell { name: "L2", edge: 807.535, b: 0.971, scale: 1.06e-6, high: [0.0348, 7.4, -0.132, 0.0734], low: [0.0369, 0.000228, -0.0447, 0.0727, -0.119], fluorescence: 0.0044, transfer: &[(3, 0.43)] },
    Shell { name: "L3", edge: 792.193, b: 0.971, scale: 2.16e-6, high: [0.0313, 7.39, -0.0832, 0.0598], low: [0.0533, 0.000327, -0.0646, 0.105, -0.17], fluorescence: 0.0077, transfer: &[] },
];

#[rustfmt::skip]
pub static COPPER: [Shell; 4] = [
    Shell { name: "K", edge: 8950.25, b: 0.765, scale: 6.49e-8, high: [0.302, 6.26, -1.02, 0.454], low: [0.003, 5e-5, -0.00348, 0.00334, -0.00368], fluorescence: 0.441091, transfer: &[] },
    Shell { name: "L1", edge: 1093.7, b: 1.02, scale: 4.59e-7, high: [0.0494, 8.23, -0.173, 0.0823], low: [0.0237, 0.000123, -0.0273, 0.0163, 0.00688], fluorescence: 0.0016, transfer: &[(2, 0.3), (3, 0.54)] },
    Shell { name: "L2", edge: 966.028, b: 0.959, scale: 8.76e-7, high: [0.0401, 7.26, -0.151, 0.0813], low: [0.0307, 0.000197, -0.037, 0.06, -0.0988], fluorescence: 0.0057, transfer: &[(3, 0.47)] },
    Shell { name: "L3", edge: 944.886, b: 0.959, scale: 1.8e-6, high: [0.0361, 7.25, -0.0956, 0.0668], low: [0.0446, 0.000283, -0.0537, 0.0872, -0.144], fluorescence: 0.011, transfer: &[] },
];

#[rustfmt::skip]
pub static SILVER: [Shell; 4] = [
    Shell { name: "K", edge: 25489.8, b: 0.0818, scale: 2.01e-8, high: [1.01, 5.93, -3.33, 1.8], low: [0.000993, 3.87e-5, -0.00111, 0.00142, -0.00216], fluorescence: 0.821892, transfer: &[] },
    Shell { name: "L1", edge: 3783.69, b: 0.843, scale: 1.23e-7, high: [0.0774, 7.25, -0.248, 0.011], low: [0.00665, 6e-5, -0.00688, 0.00505, -0.00398], fluorescence: 0.016, transfer: &[(2, 0.1), (3, 0.59)] },
    Shell { name: "L2", edge: 3528.42, b: 0.842, scale: 1.84e-7, high: [0.172, 6.98, -0.642, 0.326], low: [0.00804, 7.37e-5, -0.00847, 0.0148, -0.026], fluorescence: 0.051, transfer: &[(3, 0.153)] },
    Shell { name: "L3", edge: 3349.95, b: 0.852, scale: 3.85e-7, high: [0.106, 6.99, -0.314, 0.128], low: [0.012, 0.000106, -0.0126, 0.022, -0.0387], fluorescence: 0.052, transfer: &[] },
];

#[rustfmt::skip]
pub static PLATINUM: [Shell; 8] = [
    Shell { name: "L1", edge: 13862.7, b: 0.166, scale: 2.85e-8, high: [-0.0981, 6.58, 0.00192, -0.796], low: [0.00172, 3.9e-5, -0.00161, 0.00154, -0.00169], fluorescence: 0.114, transfer: &[(1, 0.09), (2, 0.5)] },
    Shell { name: "L2", edge: 13314.4, b: 0.143, scale: 3.98e-8, high: [1.31, 6.8, -4.04, 2.82], low: [0.002, 4.49e-5, -0.00184, 0.00324, -0.00537], fluorescence: 0.321, transfer: &[(2, 0.124)] },
    Shell { name: "L3", edge: 11566.5, b: 0.265, scale: 8.68e-8, high: [0.511, 6.99, -1.63, 0.797], low: [0.00331, 6.43e-5, -0.00298, 0.00511, -0.00803], fluorescence: 0.306, transfer: &[] },
    Shell { name: "M1", edge: 3273.94, b: 1.1, scale: 9.91e-8, high: [0.148, 9.06, -0.568, 0.178], low: [0.00705, 6.34e-5, -0.00623, 0.012, -0.0335], fluorescence: 0.00197, transfer: &[(4, 0.152333), (5, 0.594), (6, 0.067), (7, 0.111)] },
    Shell { name: "M2", edge: 3022.77, b: 0.692, scale: 1.57e-7, high: [0.124, 7.62, -0.468, 0.184], low: [0.00864, 6.04e-5, -0.00909, 0.00984, -0.0112], fluorescence: 0.0082, transfer: &[(5, 0.111667), (6, 0.676667), (7, 0.096)] },
    Shell { name: "M3", edge: 2636.86, b: 0.654, scale: 4.28e-7, high: [0.0648, 7.19, -0.154, 0.0347], low: [0.0147, 9.83e-5, -0.0154, 0.0145, -0.0159], fluorescence: 0.007, transfer: &[(6, 0.111333), (7, 0.776)] },
    Shell { name: "M4", edge: 2212.38, b: 0.634, scale: 8.53e-7, high: [0.0854, 6.39, -0.302, 0.159], low: [0.0199, 0.000155, -0.0218, 0.0493, -0.115], fluorescence: 0.0296, transfer: &[(7, 0.17)] },
    Shell { name: "M5", edge: 2128.65, b: 0.647, scale: 1.33e-6, high: [0.0582, 6.37, -0.111, 0.0683], low: [0.0254, 0.000193, -0.0278, 0.0626, -0.146], fluorescence: 0.0248, transfer: &[] },
];
