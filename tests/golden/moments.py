"""Exact cross-products of published data sets, from which every published share follows.

Each table is the integer matrix n * sum(xy) - sum(x) * sum(y), upper triangle row by row: enough for every linear
result, and no respondent's row.
"""

import numpy as np
from numpy.typing import NDArray

FloatArray = NDArray[np.float64]


def _symmetric(text: str) -> FloatArray:
    numbers = np.array(text.split(), dtype=np.float64)
    k = int((np.sqrt(8 * len(numbers) + 1) - 1) / 2)
    table = np.zeros((k, k))
    table[np.triu_indices(k)] = numbers
    return table + np.triu(table, 1).T


def outcome_last(table: FloatArray) -> FloatArray:
    """Move the outcome from the first place to the last."""
    order = [*range(1, len(table)), 0]
    return table[np.ix_(order, order)]


# R> attitude (datasets), 30 departments: rating, complaints, privileges, learning, raises, critical, advance
# Chatterjee & Price (1977), Regression Analysis by Example
ATTITUDE = outcome_last(
    _symmetric("""
128909 116388 55214 77521 64979 16393 16898
154236 79128 81132 80598 21516 26766
130244 61636 49304 15508 37598
119849 67981 11717 55852
94049 33733 53438
85181 25096
92096
""")
)

# R> mtcars (datasets), 32 cars: 10 * mpg, cyl, 10 * disp, hp, gear
MTCARS = outcome_last(
    _symmetric("""
3603351 -90990 -62803243 -3181662 21186
3164 1980630 101116 -644
1523791343 66673894 -503962
4663260 -6308
540
""")
)

# R> mobi (semPLS), 250 customers of a mobile operator, items 1 to 10 of the European customer satisfaction index.
# Tenenhaus et al. (2005), Computational Statistics & Data Analysis 48(1), 159-205. doi:10.1016/j.csda.2004.03.005
# Their order: CUEX1-3 CUSA1-3 CUSCO CUSL1-3 IMAG1-5 PERQ1-7 PERV1-2.
_MOBI_CONSTRUCTS = {
    "expectation": range(3),
    "satisfaction": range(3, 6),
    "complaints": range(6, 7),
    "loyalty": range(7, 10),
    "image": range(10, 15),
    "quality": range(15, 22),
    "value": range(22, 24),
}
_MOBI = _symmetric("""
163725 58965 45380 40435 53360 54045 42035 62615 7435 55035 41550 48725 47280 41435 40465 51030 58040 68875
44045 51890 49870 66040 58345 51545 200061 25152 50899 53244 54493 56989 73221 36649 73039 52470 38315 59262
62449 63261 40612 35116 54475 57543 46256 59448 48066 33063 39043 275264 53568 58858 50626 37448 43772 20568
58048 46540 66580 32784 59668 24552 85984 45412 59950 51226 42642 63436 65312 69616 62976 94741 73096 65737
58301 70089 9491 88751 58980 52585 35808 62191 52949 65958 64144 64275 65687 47654 57832 69444 55117 59437
193976 113722 103956 103634 27096 120406 71130 50260 75048 87796 66294 88448 75214 110400 92172 70274 85792
123014 92752 102672 190009 135407 124823 39987 152057 97610 67345 66556 98387 76343 82856 86458 117175 86159
69778 77174 128058 115669 121159 321961 89329 49051 140661 101780 44935 62338 114751 74289 76488 80434 121775
88607 80044 96452 121484 88837 93857 439981 21839 198879 66420 60965 89732 112389 102921 84082 79326 93975
70873 73116 68078 103026 125843 124123 501741 39751 4980 4335 34558 51691 15949 4458 -42856 45025 4687 17404
11832 40944 71117 26937 306361 87530 71935 81188 105201 99589 93088 96984 120025 86007 70344 76352 109284
114237 131757 179900 69550 59240 86730 70720 71490 63820 86500 72610 57620 87960 91570 79760 74610 177225
29230 57585 48315 66980 116640 54875 63595 53740 76670 45140 50645 54095 282904 101158 69662 55354 28822 78700
44406 64452 50916 96472 79746 83656 211141 76249 80558 44444 115025 65587 79204 70732 110994 85767 109087
150961 63012 50066 90475 58143 75956 59548 69266 39663 53643 125804 84922 84450 77706 66802 82966 91322 66546
82206 222696 73850 90258 64786 89688 82396 53878 74508 206625 97675 94350 90800 134350 98425 97925 169809
81578 103574 85358 75069 73559 131476 72708 84986 73498 79078 165364 93788 76934 75574 211596 118228 114608
296729 175319 211309
""")


def mobi(*constructs: str) -> FloatArray:
    """Cross-products of the means of the items of each construct, in the order asked for."""
    mean = np.zeros((len(constructs), len(_MOBI)))
    for row, name in enumerate(constructs):
        mean[row, list(_MOBI_CONSTRUCTS[name])] = 1 / len(_MOBI_CONSTRUCTS[name])
    return mean @ _MOBI @ mean.T


# Azen & Budescu (2003), four predictors, as encoded in the tests of R dominanceanalysis 2.1.0
AZEN_BUDESCU = _symmetric("""
1 .8 .1 .3 .6
1 .1 .1 .3
1 .5 .4
1 .5
1
""")

# Grade point average on socio-economic status, IQ and need for achievement; tests of R dominanceanalysis 2.1.0
GPA = _symmetric("""
1 .30 .41 .33
1 .16 .57
1 .50
1
""")
