"""Specific volume and dynamic enthalpy of seawater: what `benchmarks.ocean` measures as "state".

The equation of state is the rational function with 48 terms of McDougall, Feistel, Wright, Pawlowicz, Millero, Jackett,
King, Marion, Seitz, Spitzer and Chen (2011), whose coefficients are those of the GSW toolbox. For a pressure p in dbar,
the specific volume is (e + f p + g p^2 + k p^3) / (a + 2 b p + c p^2), where e, ..., c depend on salinity and
temperature, and dynamic enthalpy is its integral from the surface.

What is written here calls nothing but ``sqrt`` and ``log`` of the names that it is given, and so runs on numbers, on
arrays and on symbolic variables alike.
"""

# Coefficients of powers of temperature, from the constant on; a row for each power of the square root of salinity.
A = {0: (9.998420897506056e2, 2.839940833161907, -3.147759265588511e-2, 1.181805545074306e-3),
     2: (-6.698001071123802, -2.986498947203215e-2, 2.327859407479162e-4),
     3: (-3.988822378968490e-2, 5.095422573880500e-4, -1.426984671633621e-5, 1.645039373682922e-7)}
B = {0: (-2.233269627352527e-2 / 2, -3.436090079851880e-4 / 2, 3.726050720345733e-6 / 2),
     2: (-1.806789763745328e-4 / 2, 6.876837219536232e-7 / 2)}
C = {0: (-3.087032500374211e-7, -1.988366587925593e-8, -1.061519070296458e-11), 2: (1.550932729220080e-10,)}
E = {0: (1.0, 2.775927747785646e-3, -2.349607444135925e-5, 1.119513357486743e-6, 6.743689325042773e-10),
     2: (-7.521448093615448e-3, -2.764306979894411e-5, 1.262937315098546e-7, 9.527875081696435e-10,
         -1.811147201949891e-11),
     3: (-3.303308871386421e-5, 3.801564588876298e-7, -7.672876869259043e-9, -4.634182341116144e-11,
         2.681097235569143e-12),
     4: (5.419326551148740e-6,)}
F = {0: (-2.742185394906099e-5, -3.212746477974189e-7, 3.191413910561627e-9, -1.931012931541776e-12),
     2: (-1.105097577149576e-7, 6.211426728363857e-10)}
G = {0: (-1.119011592875110e-10, -1.941660213148725e-11, -1.864826425365600e-14), 2: (0.0, 1.119522344879478e-14)}
K = {0: (-1.200507748551599e-15, 6.057902487546866e-17)}
FULL = 1e4              # J/kg of a specific volume of 1 m^3/kg and 1 dbar


def horner(coefficients):
    """The text of a polynomial of t, constants first."""
    text = repr(coefficients[-1])
    for value in reversed(coefficients[:-1]):
        text = f"({value!r} + t * {text})" if value else f"(t * {text})"
    return text


def polynomial(table):
    """The text of a polynomial of t and s, of which r is the square root."""
    powers = {0: "", 2: " * s", 3: " * (s * r)", 4: " * (s * s)"}
    return " + ".join(horner(row) + powers[power] for power, row in table.items())


def slope(table):
    """The polynomial that is the derivative by temperature."""
    rows = {power: tuple(n * value for n, value in enumerate(row) if n) for power, row in table.items()}
    return polynomial({power: row for power, row in rows.items() if row})


VALUES = "\n    ".join(f"{name.lower()} = {polynomial(table)}" for name, table in zip("ABCEFGK", (A, B, C, E, F, G, K),
                                                                                     strict=True))
SLOPES = "\n    ".join(f"{name.lower()}_t = {slope(table)}" for name, table in zip("ABCEFGK", (A, B, C, E, F, G, K),
                                                                                  strict=True))
# The quotient is q0 + q1 p and a remainder (r0 + r1 p) / (a + 2 b p + c p^2); its integral has two logarithms.
ENTHALPY = f"""
def enthalpy(s, t, p):
    r = sqrt(s)
    {VALUES}
    q1 = k / c
    q0 = (g - 2 * b * q1) / c
    r1 = f - a * q1 - 2 * b * q0
    r0 = e - a * q0
    d = sqrt(b * b - a * c)
    m = (r0 * c - r1 * b) / (2 * c * d)
    u = p * (2 * b + c * p) / a
    w = 2 * c * p * d / ((b - d) * (b + d + c * p))
    return {FULL} * (p * (q0 + q1 * p / 2) + r1 / (2 * c) * log(1 + u) + m * log(1 + w))
"""
DERIVATIVE = f"""
def enthalpy_by_temperature(s, t, p):
    r = sqrt(s)
    {VALUES}
    {SLOPES}
    q1 = k / c
    q1_t = (k_t - q1 * c_t) / c
    q0 = (g - 2 * b * q1) / c
    q0_t = (g_t - 2 * (b_t * q1 + b * q1_t) - q0 * c_t) / c
    r1 = f - a * q1 - 2 * b * q0
    r1_t = f_t - a_t * q1 - a * q1_t - 2 * (b_t * q0 + b * q0_t)
    r0 = e - a * q0
    r0_t = e_t - a_t * q0 - a * q0_t
    d = sqrt(b * b - a * c)
    d_t = (2 * b * b_t - a_t * c - a * c_t) / (2 * d)
    m = (r0 * c - r1 * b) / (2 * c * d)
    m_t = (r0_t * c + r0 * c_t - r1_t * b - r1 * b_t - 2 * m * (c_t * d + c * d_t)) / (2 * c * d)
    n = r1 / (2 * c)
    n_t = (r1_t - 2 * n * c_t) / (2 * c)
    u = p * (2 * b + c * p) / a
    u_t = (p * (2 * b_t + c_t * p) - u * a_t) / a
    x, y = b - d, b + d + c * p
    x_t, y_t = b_t - d_t, b_t + d_t + c_t * p
    w = 2 * c * p * d / (x * y)
    w_t = (2 * p * (c_t * d + c * d_t) - w * (x_t * y + x * y_t)) / (x * y)
    return {FULL} * (p * (q0_t + q1_t * p / 2) + n_t * log(1 + u) + n * u_t / (1 + u)
                     + m_t * log(1 + w) + m * w_t / (1 + w))
"""


def function_of(text, sqrt, log):
    """The function of (salinity in g/kg, temperature in deg C, pressure in dbar) that a text defines."""
    names = {"sqrt": sqrt, "log": log}
    exec(text, names)
    return names[text.split("(")[0].split()[-1]]


def inputs(shape, rng):
    """Salinity and temperature of a shape (x, y, z), and pressure, (1, 1, z)."""
    return [rng.uniform(1e-2, 10, shape), rng.uniform(-12, 20, shape), rng.uniform(0, 1000, (1, 1, shape[-1]))]
