"""One wire between blocked contacts, swept until it breaks: the equations of pentatwin's wire engine in Python + numba.

The opponent of benches/run, written as a physicist would write it: vectors, loops under @njit, the matrix of the
matter by finite differences in five colours. Simpler than the engine: blocked contacts, no disorder, no
ledger of mechanisms, no dense output; it stops at the first break. Step control and tolerances are the engine's.

    python wire_numba.py [CELLS] [RATE in V/s]...
"""

import json
import sys
import time

import numpy as np
from numba import njit

PI, KB, E, L0 = np.pi, 1.380649e-23, 1.602176634e-19, 2.44e-8
OMEGA, GAMMA, MASS = 1.706e-29, 1.1, 107.8682e-3 / 6.02214076e23
# The paper's device: spacing and diameter, lead and contact resistance, pads, membrane (all SI).
SPACING, AREA = 5e-6, 0.657163890148917 * (115e-9) ** 2
R_LEAD, R_CONTACT, ANNEALED, ANNEAL_RATE, ANNEAL_ENERGY = 200.0, 25.0, 0.75, 1e8, 0.85 * E
PAD_R, PAD_C, FILM_G, FILM_C, SINK, FRAME = 9e4, 2e-9, 2e-6, 4e-9, 2 * PI * 3.0 * 50e-9 / SPACING, 300.0
C_FS, LAYER, H0, STEPPED, Z_WIND, ETA, C_P = 3.2e-16, 0.25e-9, 2e-9, 0.3, 10.0, 4e-3, 1.0753
# Steps.
RTOL, DT_MAX, GROWTH, SHORTEST, DEAD, HOTTEST = 4e-3, 25.0, 1.8, 4e-13, 3e-18, 6000.0
FLOOR = 1e-3 * AREA


@njit
def melted(t):
    x = (t - 1235.0) / 8.0
    return 0.0 if x < -20.0 else 1.0 if x > 20.0 else 1.0 / (1.0 + np.exp(-x))


@njit
def rho_and_slope(t):
    """Resistivity of bulk silver, solid to liquid, and its slope."""
    u = min(max(t, 273.15), 1300.0) - 300.0
    solid = 1.629e-8 + u * (6.566e-11 + 1.529e-14 * (u - 500.0))
    solid_slope = 6.566e-11 + 1.529e-14 * (2.0 * u - 500.0) if 273.15 < t < 1300.0 else 0.0
    s = min(max(t, 1075.0), 2435.0)
    liquid, liquid_slope = 1.725e-7 + 9e-11 * (s - 1235.0), (9e-11 if 1075.0 < t < 2435.0 else 0.0)
    f = melted(t)
    slope = solid_slope * (1.0 - f) + liquid_slope * f + (liquid - solid) * f * (1.0 - f) / 8.0
    return solid * (1.0 - f) + liquid * f, slope


@njit
def heat_capacity(t):
    """Per volume [J/m3/K]."""
    s = min(max(t, 298.0), 1234.93)
    solid = (21.30 + 8.54e-3 * s + 1.51e5 / s**2) / 107.8682e-3
    return (solid + melted(t) * (33.5 / 107.8682e-3 - solid)) * MASS / OMEGA


@njit
def tridiagonal(lower, diagonal, upper, b):
    n = len(diagonal)
    c, x = np.empty(n), np.empty(n)
    c[0], x[0] = upper[0] / diagonal[0], b[0] / diagonal[0]
    for i in range(1, n):
        m = diagonal[i] - lower[i] * c[i - 1]
        c[i] = upper[i] / m
        x[i] = (b[i] - lower[i] * x[i - 1]) / m
    for i in range(n - 2, -1, -1):
        x[i] -= c[i] * x[i + 1]
    return x


@njit
def resistances(area, t, dx):
    """Half of each cell's resistance, its slope, and the sum over the wire."""
    n = len(area)
    half, slope, total = np.empty(n), np.empty(n), 0.0
    for i in range(n):
        rho, d = rho_and_slope(t[i])
        half[i] = 0.5 * dx / area[i] * (rho + 0.5 * C_FS / np.sqrt(area[i] / PI))
        slope[i] = 0.5 * dx / area[i] * d
        total += 2.0 * half[i]
    return half, slope, total


@njit
def heat_step(area, old, old_film, guess, guess_film, contacts, voltage, h, dx):
    """Backward Euler for [pad, cells, pad] and the membrane; Newton, the current by Sherman-Morrison."""
    n = len(area)
    t, film = guess.copy(), guess_film
    lower, diagonal, upper = np.zeros(n + 2), np.zeros(n + 2), np.zeros(n + 2)
    residual, u, v = np.zeros(n + 2), np.zeros(n + 2), np.zeros(n + 2)
    for _ in range(25):
        half, slope, wire = resistances(area, t[1:-1], dx)
        total = R_LEAD + contacts[0] + contacts[1] + wire
        current = voltage / total
        lower[:] = 0.0
        upper[:] = 0.0
        for p in range(2):
            j = p * (n + 1)
            diagonal[j] = PAD_C / h + 1.0 / PAD_R
            residual[j] = current**2 * contacts[p] - PAD_C / h * (t[j] - old[j]) - (t[j] - FRAME) / PAD_R
            u[j], v[j] = -2.0 * current * contacts[p], 0.0
        for i in range(n):
            j = i + 1
            c = heat_capacity(t[j]) * area[i] * dx / h
            residual[j] = 2.0 * current**2 * half[i] - c * (t[j] - old[j]) - SINK * dx * (t[j] - film)
            diagonal[j] = c + SINK * dx - 2.0 * current**2 * slope[i]
            u[j], v[j] = -4.0 * current * half[i], -2.0 * current * slope[i] / total
        for j in range(n + 1):
            # Wiedemann-Franz: a face conducts L0 T over the resistance between two centres.
            face = L0 / ((half[j - 1] if j > 0 else 0.0) + (half[j] if j < n else 0.0))
            flow = 0.5 * face * (t[j] ** 2 - t[j + 1] ** 2)
            residual[j] -= flow
            residual[j + 1] += flow
            diagonal[j] += face * t[j]
            diagonal[j + 1] += face * t[j + 1]
            upper[j] = -face * t[j + 1]
            lower[j + 1] = -face * t[j]
        y = tridiagonal(lower, diagonal, upper, residual)
        z = tridiagonal(lower, diagonal, upper, u)
        delta = y - z * (np.sum(v * y) / (1.0 + np.sum(v * z)))
        change = 0.0
        for j in range(n + 2):
            new = max(min(t[j] + delta[j], 4.0 * t[j], HOTTEST), 0.2 * t[j])
            change = max(change, abs(new - t[j]) / (1.0 + 1e-3 * max(new - 1000.0, 0.0)))
            t[j] = new
        new = (FILM_C / h * old_film + FILM_G * FRAME + SINK * dx * np.sum(t[1:-1])) / (FILM_C / h + FILM_G + SINK * SPACING)
        change, film = max(change, abs(new - film)), new
        if not np.isfinite(change):
            return False, t, film
        if change < 1e-2:
            return True, t, film
    return False, t, film


@njit
def coefficients(t, current, dx):
    """What temperature and current put into the flux: mobilities, wind, melt per face; sublimation per cell."""
    n = len(t)
    slow, fast, melt, speed = np.zeros(n - 1), np.zeros(n - 1), np.zeros(n - 1), np.zeros(n)
    for i in range(n - 1):
        tf = 0.5 * (t[i] + t[i + 1])
        kt = KB * min(max(tf, 293.0), 1235.0)
        slow[i] = LAYER / (KB * tf) * 2.1e-7 * np.exp(-0.90 * E / kt)
        fast[i] = LAYER / (KB * tf) * STEPPED * (1.4e-6 * np.exp(-0.696 * E / kt) + 7.4e-2 * np.exp(-1.606 * E / kt))
        melt[i] = melted(tf) * GAMMA / (8.0 * PI * ETA)
    for i in range(n):
        s = min(t[i], 2435.0)
        if s > 1234.93:
            p = 101325.0 * 10.0 ** (5.752 - 13827.0 / s)
        else:
            p = 101325.0 * 10.0 ** (9.127 - 14999.0 / s - 0.7845 * np.log10(s))
        speed[i] = p * OMEGA / np.sqrt(2.0 * PI * MASS * KB * t[i])
    wind = E * Z_WIND * rho_and_slope(800.0)[0] * current
    return slow, fast, melt, speed, wind


@njit
def rates(area, made, t, slow, fast, melt, speed, wind, dx, rate, loss):
    """dA/dt [m2/s] from surface transport, melt flow and sublimation; `loss` gets the last."""
    n = len(area)
    a, kappa, s, w = np.sqrt(area / PI), np.empty(n), np.empty(n + 1), np.empty(n)
    s[0], s[n] = dx, dx
    for i in range(n - 1):
        s[i + 1] = np.sqrt(dx**2 + (a[i + 1] - a[i]) ** 2)
    for i in range(n):
        k = s[i] + s[i + 1]
        if i > 0:
            k += (a[i] ** 2 - a[i - 1] ** 2) / s[i]
        if i < n - 1:
            k += (a[i] ** 2 - a[i + 1] ** 2) / s[i + 1]
        kappa[i] = k / (2.0 * a[i] * dx)
        q = ((a[i] - made) / H0) ** 2
        w[i] = q / (1.0 + q)
    left = 0.0
    for i in range(n):
        right = 0.0
        if i < n - 1:
            stretch, slope = dx / s[i + 1], (kappa[i + 1] - kappa[i]) / dx
            mobility = (slow[i] + 0.5 * (w[i] + w[i + 1]) * (fast[i] - slow[i])) * stretch
            mean = 0.5 * (area[i] + area[i + 1])
            right = mobility * C_P * (wind * (1.0 / a[i] + 1.0 / a[i + 1]) - PI * (a[i] + a[i + 1]) * GAMMA * OMEGA * slope)
            right -= melt[i] * mean**2 * slope * stretch
        loss[i] = 0.0
        if speed[i] > 1e-16:
            kelvin = min(max(GAMMA * OMEGA / (KB * t[i]) * kappa[i], -2.0), 2.0)
            loss[i] = C_P * PI * a[i] * (s[i] + s[i + 1]) / dx * speed[i] * np.exp(kelvin)
        rate[i] = -(right - left) / dx - loss[i]
        left = right


@njit
def pentadiagonal(m, b):
    n = len(b)
    for i in range(n):
        for k in range(1, 3):
            if i + k < n:
                f = m[i + k, 2 - k] / m[i, 2]
                m[i + k, 3 - k] -= f * m[i, 3]
                m[i + k, 4 - k] -= f * m[i, 4]
                b[i + k] -= f * b[i]
    for i in range(n - 1, -1, -1):
        if i + 1 < n:
            b[i] -= m[i, 3] * b[i + 1]
        if i + 2 < n:
            b[i] -= m[i, 4] * b[i + 2]
        b[i] /= m[i, 2]


@njit
def matter_step(now, before, guess, made, t, current, h, h_last, dx):
    """Two-step backward differences at frozen temperatures; Newton with five-colour differences."""
    n = len(now)
    slow, fast, melt, speed, wind = coefficients(t, current, dx)
    if h_last > 0.0:
        w = h / h_last
        lead, c0, c1 = (1.0 + 2.0 * w) / (1.0 + w), 1.0 + w, -w * w / (1.0 + w)
    else:
        lead, c0, c1 = 1.0, 1.0, 0.0
    area, rate, moved, loss, unused = guess.copy(), np.empty(n), np.empty(n), np.empty(n), np.empty(n)
    m, b = np.empty((n, 5)), np.empty(n)
    for _ in range(12):
        rates(area, made, t, slow, fast, melt, speed, wind, dx, rate, loss)
        for colour in range(5):
            shifted = area.copy()
            for j in range(colour, n, 5):
                shifted[j] *= 1.0 + 1e-6
            rates(shifted, made, t, slow, fast, melt, speed, wind, dx, moved, unused)
            for j in range(colour, n, 5):
                for i in range(max(j - 2, 0), min(j + 3, n)):
                    m[i, j - i + 2] = -h / lead * (moved[i] - rate[i]) / (1e-6 * area[j])
                m[j, 2] += 1.0
        for i in range(n):
            b[i] = (c0 * now[i] + c1 * before[i] + h * rate[i]) / lead - area[i]
        pentadiagonal(m, b)
        change = 0.0
        for i in range(n):
            new = max(area[i] + b[i], 0.3 * area[i])
            change = max(change, abs(new - area[i]) / (area[i] + FLOOR))
            area[i] = new
        if not np.isfinite(change):
            return False, area, 0.0, lead, c0, c1
        if change < 0.1 * RTOL:
            # Areas from the fluxes, once, so that the volume is kept whatever Newton's tolerance.
            rates(area, made, t, slow, fast, melt, speed, wind, dx, rate, loss)
            for i in range(n):
                area[i] = (c0 * now[i] + c1 * before[i] + h * rate[i]) / lead
            return True, area, np.sum(loss) * dx, lead, c0, c1
    return False, area, 0.0, lead, c0, c1


@njit
def sweep(n, speed, end):
    """Returns voltage at the break, place, steps, rejected steps, error of the volume."""
    dx = SPACING / n
    a0, a1, a2 = np.full(n, AREA), np.full(n, AREA), np.full(n, AREA)
    t, t_last = np.full(n + 2, FRAME), np.full(n + 2, FRAME)
    film, film_last = FRAME, FRAME
    contacts = np.full(2, R_CONTACT)
    made = np.sqrt(AREA / PI)
    gone, gone_last = 0.0, 0.0
    time, h, h0, h1, history, steps, rejected = 0.0, 1e-4, 0.0, 0.0, 0, 0, 0
    while time < end and steps + rejected < 100000:
        neck = np.argmin(a0)
        if h < SHORTEST and a0[neck] < 0.1 * AREA:
            return speed * time, (neck + 0.5) * dx, steps, rejected, (np.sum(a0) * dx + gone) / (SPACING * AREA) - 1.0
        # Extrapolate cross-sections (quadratic) and temperatures (linear).
        guess, hot, hot_film = a0.copy(), t.copy(), film
        if history > 0:
            x = h / h0
            y = h * (h + h0) / (h0 + h1) if history > 1 else 0.0
            for i in range(n):
                g = a0[i] + x * (a0[i] - a1[i])
                if history > 1:
                    g += y * ((a0[i] - a1[i]) / h0 - (a1[i] - a2[i]) / h1)
                guess[i] = min(max(g, 0.6 * a0[i]), 1.6 * a0[i])
            x = min(x, 2.0)
            for j in range(n + 2):
                hot[j] = min(max(t[j] + x * (t[j] - t_last[j]), 0.8 * t[j]), 1.25 * t[j])
            hot_film = film + x * (film - film_last)
        ok, new_t, new_film = heat_step(guess, t, film, hot, hot_film, contacts, speed * (time + h), h, dx)
        if not ok:
            if h < 1e-8 and a0[neck] < 0.02 * AREA:  # the neck has run away within nanoseconds
                h = 0.5 * SHORTEST
                continue
            rejected += 1
            h *= 0.25
            continue
        heating = 0.0
        for j in range(1, n + 1):
            heating = max(heating, abs(new_t[j] - t[j]) / max(DT_MAX, 0.03 * (new_t[j] - 800.0)))
        if heating > 1.5 and h > 1e-12:
            rejected += 1
            h = min(max(h / heating, 1e-12), 0.7 * h)
            continue
        wire = resistances(guess, new_t[1:-1], dx)[2]
        current = speed * (time + h) / (R_LEAD + contacts[0] + contacts[1] + wire)
        ok, area, loss, lead, c0, c1 = matter_step(a0, a1, guess, made, new_t[1:-1], current, h, h0 if history > 0 else 0.0, dx)
        if not ok:
            rejected += 1
            h *= 0.25
            continue
        error = np.max(np.abs(area - guess) / (4.0 * RTOL * (area + FLOOR)))
        if error > 1.0 and h > 2.0 * SHORTEST:
            rejected += 1
            h *= min(max(0.8 * error ** (-1.0 / 3.0), 0.1), 0.7)
            continue
        time += h
        steps += 1
        gone, gone_last = (c0 * gone + c1 * gone_last + h * loss) / lead, gone
        a2, a1, a0 = a1, a0, area
        t_last, t, film_last, film = t, new_t, film, new_film
        for p in range(2):
            end_value = ANNEALED * R_CONTACT
            k = ANNEAL_RATE * np.exp(-ANNEAL_ENERGY / (KB * t[p * (n + 1)]))
            contacts[p] = end_value + (contacts[p] - end_value) * np.exp(-k * h)
        h1, h0, history = h0, h, min(history + 1, 2)
        neck = np.argmin(a0)
        if a0[neck] < DEAD:
            return speed * time, (neck + 0.5) * dx, steps, rejected, (np.sum(a0) * dx + gone) / (SPACING * AREA) - 1.0
        factor = 0.75 * error ** (-1.0 / 3.0) if error > 0.0 else GROWTH
        if heating > 0.0:
            factor = min(factor, 0.9 / heating)
        h = min(h * min(max(factor, 0.2), GROWTH), max(end - time, 1e-12))
    return np.nan, np.nan, steps, rejected, np.nan


def main():
    cells = int(sys.argv[1]) if len(sys.argv) > 1 else 250
    speeds = [float(x) for x in sys.argv[2:]] or [3.3e-3, 10.0]
    begin = time.process_time()
    sweep(40, 10.0, 1e-3)
    compiled = time.process_time() - begin
    for speed in speeds:
        sweep(cells, speed, 5.0 / speed)  # warm
        took = []
        for _ in range(7):
            begin = time.process_time()
            result = sweep(cells, speed, 5.0 / speed)
            took.append(1e3 * (time.process_time() - begin))
        voltage, place, steps, rejected, volume = result
        print(json.dumps(dict(cells=cells, rate=speed, voltage=voltage, position=place, steps=steps, rejected=rejected,
                              volume_error=volume, cpu_ms=sorted(took)[len(took) // 2], cpu_ms_least=min(took), compile_s=compiled)))


if __name__ == "__main__":
    main()
