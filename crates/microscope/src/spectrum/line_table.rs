//! X-ray lines: energy, and part of the photons of a shell.
//!
//! Energies and radiative rates as in xraylib 4.3 (Schoonjans et al., Spectrochim. Acta B 66, 776 (2011)), from Deslattes et al. (2003),
//! Bearden (1967) and Scofield. Lines above 0.4 % of their shell; the rates of a shell then sum to 0.95 to 1 (Pt M1, M2
//! 0.91, 0.85: lines within the M shell are left out, too). The M lines of silver
//! (0.3 keV, yields known to a factor of two) and all lines below 0.25 keV are left out. The rates of Pt Mζ (M4-N2, M5-N3) are 0.56 of
//! Scofield's, as measured on the FePt spectrum of ../shared/data/real.

/// A line: name (IUPAC), shell by index, energy [eV], photons per photon of the shell, whether the family is named after it (alpha).
pub struct Entry(pub &'static str, pub usize, pub f64, pub f64, pub bool);

#[rustfmt::skip]
pub static CARBON: [Entry; 2] = [
    Entry("K-L2", 0, 277.4, 0.33398, true),
    Entry("K-L3", 0, 277.4, 0.66602, true),
];

#[rustfmt::skip]
pub static NITROGEN: [Entry; 2] = [
    Entry("K-L2", 0, 392.4, 0.33404, true),
    Entry("K-L3", 0, 392.4, 0.66596, true),
];

#[rustfmt::skip]
pub static OXYGEN: [Entry; 2] = [
    Entry("K-L2", 0, 524.9, 0.33431, true),
    Entry("K-L3", 0, 524.9, 0.66569, true),
];

#[rustfmt::skip]
pub static ALUMINIUM: [Entry; 4] = [
    Entry("K-L2", 0, 1486.4, 0.32899, true),
    Entry("K-L3", 0, 1486.9, 0.65798, true),
    Entry("K-M2", 0, 1554.1, 0.00435, false),
    Entry("K-M3", 0, 1554.1, 0.00869, false),
];

#[rustfmt::skip]
pub static SILICON: [Entry; 4] = [
    Entry("K-L2", 0, 1739.4, 0.32576, true),
    Entry("K-L3", 0, 1740.0, 0.64724, true),
    Entry("K-M2", 0, 1835.9, 0.009, false),
    Entry("K-M3", 0, 1835.9, 0.018, false),
];

#[rustfmt::skip]
pub static IRON: [Entry; 11] = [
    Entry("K-L2", 0, 6390.9, 0.29799, true),
    Entry("K-L3", 0, 6403.9, 0.58357, true),
    Entry("K-M2", 0, 7058.0, 0.03988, false),
    Entry("K-M3", 0, 7058.0, 0.07856, false),
    Entry("L1-M2", 1, 792.1, 0.33906, false),
    Entry("L1-M3", 1, 792.1, 0.6338, false),
    Entry("L2-M1", 2, 628.2, 0.090033, false),
    Entry("L2-M4", 2, 717.5, 0.90383, false),
    Entry("L3-M1", 3, 615.2, 0.095533, false),
    Entry("L3-M4", 3, 704.5, 0.090617, true),
    Entry("L3-M5", 3, 704.5, 0.80735, true),
];

#[rustfmt::skip]
pub static COBALT: [Entry; 11] = [
    Entry("K-L2", 0, 6915.3, 0.29807, true),
    Entry("K-L3", 0, 6930.3, 0.58292, true),
    Entry("K-M2", 0, 7649.4, 0.04014, false),
    Entry("K-M3", 0, 7649.4, 0.07887, false),
    Entry("L1-M2", 1, 866.1, 0.34094, false),
    Entry("L1-M3", 1, 866.1, 0.63434, false),
    Entry("L2-M1", 2, 692.9, 0.075138, false),
    Entry("L2-M4", 2, 790.7, 0.91987, false),
    Entry("L3-M1", 3, 677.9, 0.080256, false),
    Entry("L3-M4", 3, 775.7, 0.09236, true),
    Entry("L3-M5", 3, 775.7, 0.82208, true),
];

#[rustfmt::skip]
pub static COPPER: [Entry; 11] = [
    Entry("K-L2", 0, 8027.9, 0.29913, true),
    Entry("K-L3", 0, 8047.8, 0.58283, true),
    Entry("K-M2", 0, 8905.3, 0.03989, false),
    Entry("K-M3", 0, 8905.3, 0.07816, false),
    Entry("L1-M2", 1, 1022.5, 0.34421, false),
    Entry("L1-M3", 1, 1022.5, 0.63343, false),
    Entry("L2-M1", 2, 831.2, 0.053795, false),
    Entry("L2-M4", 2, 949.4, 0.94483, false),
    Entry("L3-M1", 3, 811.3, 0.058474, false),
    Entry("L3-M4", 3, 929.5, 0.095415, true),
    Entry("L3-M5", 3, 929.5, 0.84463, true),
];

#[rustfmt::skip]
pub static SILVER: [Entry; 21] = [
    Entry("K-L2", 0, 21990.3, 0.2865, true),
    Entry("K-L3", 0, 22162.9, 0.54111, true),
    Entry("K-M2", 0, 24911.6, 0.04997, false),
    Entry("K-M3", 0, 24942.6, 0.09729, false),
    Entry("K-N2", 0, 25451.4, 0.00855, false),
    Entry("K-N3", 0, 25458.1, 0.01657, false),
    Entry("L1-M2", 1, 3203.4, 0.31249, false),
    Entry("L1-M3", 1, 3234.4, 0.52039, false),
    Entry("L1-M5", 1, 3439.1, 0.0051513, false),
    Entry("L1-N2", 1, 3743.2, 0.05585, false),
    Entry("L1-N3", 1, 3749.9, 0.093827, false),
    Entry("L2-M1", 2, 2806.2, 0.026189, false),
    Entry("L2-M4", 2, 3150.9, 0.88548, false),
    Entry("L2-N1", 2, 3428.5, 0.0050302, false),
    Entry("L2-N4", 2, 3520.4, 0.082799, false),
    Entry("L3-M1", 3, 2633.6, 0.032854, false),
    Entry("L3-M4", 3, 2978.3, 0.089114, true),
    Entry("L3-M5", 3, 2984.4, 0.79083, true),
    Entry("L3-N1", 3, 3255.9, 0.0062363, false),
    Entry("L3-N4", 3, 3347.8, 0.0082009, false),
    Entry("L3-N5", 3, 3347.8, 0.072228, false),
];

#[rustfmt::skip]
pub static PLATINUM: [Entry; 39] = [
    Entry("L1-M2", 0, 10853.5, 0.33219, false),
    Entry("L1-M3", 0, 11235.2, 0.39041, false),
    Entry("L1-M4", 0, 11679.0, 0.010786, false),
    Entry("L1-M5", 0, 11759.4, 0.016151, false),
    Entry("L1-N2", 0, 13272.9, 0.083619, false),
    Entry("L1-N3", 0, 13361.4, 0.10538, false),
    Entry("L1-O2", 0, 13815.2, 0.014586, false),
    Entry("L1-O3", 0, 13829.5, 0.017822, false),
    Entry("L2-M1", 1, 9975.0, 0.021625, false),
    Entry("L2-M4", 1, 11071.1, 0.80125, false),
    Entry("L2-N1", 1, 12548.6, 0.0054633, false),
    Entry("L2-N4", 1, 12941.9, 0.15638, false),
    Entry("L2-O4", 1, 13270.5, 0.01249, false),
    Entry("L3-M1", 2, 8266.2, 0.039197, false),
    Entry("L3-M4", 2, 9362.3, 0.080566, true),
    Entry("L3-M5", 2, 9442.7, 0.71014, true),
    Entry("L3-N1", 2, 10839.8, 0.0095327, false),
    Entry("L3-N4", 2, 11233.1, 0.014581, false),
    Entry("L3-N5", 2, 11250.0, 0.1313, false),
    Entry("M1-N2", 3, 2690.0, 0.53856, false),
    Entry("M1-N3", 3, 2778.5, 0.22494, false),
    Entry("M1-O2", 3, 3232.3, 0.10504, false),
    Entry("M1-O3", 3, 3246.6, 0.045382, false),
    Entry("M2-N1", 4, 2303.0, 0.21854, false),
    Entry("M2-N4", 4, 2696.3, 0.57945, false),
    Entry("M2-N6", 4, 2952.5, 0.0055771, false),
    Entry("M2-O1", 4, 2925.3, 0.044684, false),
    Entry("M3-N1", 5, 1921.3, 0.35524, false),
    Entry("M3-N4", 5, 2314.6, 0.086536, false),
    Entry("M3-N5", 5, 2331.5, 0.44861, false),
    Entry("M3-O1", 5, 2543.6, 0.070787, false),
    Entry("M4-N2", 6, 1593.9, 0.0683, false),
    Entry("M4-N3", 6, 1682.4, 0.006682, false),
    Entry("M4-N6", 6, 2127.0, 0.84954, false),
    Entry("M4-O2", 6, 2136.2, 0.020401, false),
    Entry("M5-N3", 7, 1602.0, 0.0379, false),
    Entry("M5-N6", 7, 2046.6, 0.058893, true),
    Entry("M5-N7", 7, 2050.0, 0.86203, true),
    Entry("M5-O3", 7, 2070.1, 0.010938, false),
];
