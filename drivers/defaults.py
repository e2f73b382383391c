"""Every default that is a judgement, in one place; results print the ones they used.

The README holds the same table; a test compares the two.
"""

from typing import Final

LEVEL: Final = 0.90
"""Level of every interval unless asked otherwise (plots also draw 50 %)."""

INNER_LEVEL: Final = 0.50
"""Level of the thick inner interval in plots."""

DRAWS: Final = 1000
"""Bootstrap draws of a regression fit."""

FEWEST_DRAWS: Final = 100
"""Reports and commands refuse fewer draws than this: intervals read off so few say little. In code they are noted."""

POSTERIOR_DRAWS: Final = 4000
"""Draws of a posterior (engine bayes)."""

PARETO_K: Final = 0.5
"""A posterior by approximation is refused unless its importance weights have a tail shape k below this."""

RHAT: Final = 1.01
"""Chains whose rank-normalised R-hat of any parameter is not below this are refused."""

FEWEST_ESS: Final = 400
"""Chains with fewer effective draws of any parameter than this, in the middle or in the tails, are refused."""

BFMI: Final = 0.3
"""A chain whose fraction of missing information on the energy is not above this is refused."""

LARGEST_LOO_K: Final = 0.7
"""Leaving out answers whose importance weights have a tail shape k above this is called rough."""

PRIOR_SENSITIVE: Final = 0.05
"""A result that moves by more than this (Jensen-Shannon) per doubling of the prior's power leans on its prior."""

PRIOR_CONFLICT: Final = 0.01
"""R2, or a share of answers, in a tail of the prior smaller than this, both sides together, conflicts with it."""

MISFIT: Final = 0.05
"""A share of answers that a model foretells wrong by this much, and by more than chance, is called a misfit."""

HEAVY_MISFIT: Final = 0.15
"""A model that foretells a share of answers wrong by this much, and by more than chance, is not to be used for it."""

MISFIT_MEAN: Final = 0.25
"""A mean that a linear model foretells wrong by so many residual standard deviations, beyond chance, is one too."""

MISFIT_CHANCE: Final = 0.01
"""Chance that a right model shows any misfit among all the shares it foretells."""

PRIOR_R2: Final = 0.5
"""Prior mean of R2 of a linear posterior drawn exactly; with a precision of 2 all from 0 to 1 are equally likely."""

PRIOR_R2_PRECISION: Final = 2.0
"""Precision of that beta prior, the sum of its shapes; less where the first would pass half the number of slopes."""

PRIOR_SLOPE: Final = 0.5
"""Prior standard deviation of a slope per standard deviation of its driver, in those of the (latent) outcome."""

PRIOR_CUT: Final = 1.5
"""Prior standard deviation of a threshold, in latent standard deviations from the average respondent."""

PRIOR_SPREAD: Final = 0.3
"""Scale of the half-normal prior of a slope's spread over segments, in the units of slopes."""

PRIOR_LEVEL_SPREAD: Final = 0.5
"""Scale of the half-normal prior of the spread of segments' levels, in (latent) standard deviations of the outcome."""

PRIOR_GROUP_LEVEL: Final = 1.0
"""Prior standard deviation of how two groups of unequal spread differ in latent level, in latent standard units."""

PRIOR_GROUP_SPREAD: Final = 0.5
"""Prior standard deviation of the log ratio of two groups' latent spreads: a factor of 2.7 either way in 95 of 100."""

PRIOR_PACE: Final = 0.1
"""Scale of the half-normal prior of a step from wave to wave, of a slope or the level, in latent standard units."""

PRIOR_SEASON: Final = 0.2
"""Prior standard deviation of what goes with a season, in (latent) standard deviations of the outcome."""

SEASON_FROM: Final = 8
"""Fewest waves from which a season is told."""

MAX_FAILED_DRAWS: Final = 0.20
"""A fit of which more bootstrap draws than this fail is refused."""

SEED: Final = 20260101
"""Seed of every random step unless asked otherwise."""

NEAR_ZERO: Final = 0.03
"""A share of outcome variance below this, of which the interval reaches below half, is given as an upper bound."""

IMPUTATIONS: Final = 20
"""Fewest imputed data sets; with more than 20 % missing in an item, one for each percent."""

SWEEPS: Final = 10
"""Sweeps of chained equations over all items; doubled, at most twice, while a trend is left in what they impute."""

MIN_BASE_MODEL: Final = 25
"""Fewest answers for which a group gets a driver model of its own."""

MIN_BASE_CELL: Final = 5
"""Fewest respondents behind any number a report displays."""

HEAVY_WEIGHT: Final = 20.0
"""A weight of more than this many times the average gives a warning."""

HEAVY_SHARE: Final = 0.10
"""A single weight that holds more than this part of all weight, among 50 or more, gives a warning."""

ANSWERS_PER_SLOPE: Final = 10
"""Fewer answers per slope than this gives a warning."""

THIN_CATEGORY: Final = 5
"""An outcome category with fewer answers than this gives a warning."""

RANKABLE_R2: Final = 0.05
"""No ranking is claimed when the interval of R2 reaches below this."""

MOST_GROUPS: Final = 40
"""A report names and leaves out a segment column with more groups than this: nobody reads hundreds of rows."""

MOST_SEGMENTS_DRAWN: Final = 12
"""A report draws slopes by segment for at most so many segments; its tables hold them all."""

EQUAL_STEP: Final = 0.1
"""Steps of a scale are called equal when each is within this part of the whole way of its equal part."""

TIE_WIDTH: Final = 0.02
"""Two shares that differ by less than this part of the outcome's variance are practically equal."""

ASSUMED_RELIABILITY: Final = (0.7, 0.9)
"""Reliability of a single rating that reports assume, between these ends, to see whether the order of drivers stays."""

CLONE_CUT: Final = 0.25
"""A driver that cuts another's share by more than this part, explaining next to nothing more, is called a clone."""

CLONE_GAIN: Final = 0.01
"""A driver that adds less than this to R2 explains next to nothing more than the others."""

MOST_EXACT: Final = 28
"""Most drivers, or groups, of which every subset is visited for LMG; with more, orders of entry are sampled."""

MOST_SUBSETS: Final = 5_000_000_000
"""Draws of LMG are exact while their subsets are fewer together (22 drivers in 1,000 draws), else sampled."""

MOST_GAP_SUBSETS: Final = 500_000_000
"""Draws of LMG of two outcomes and their gap are exact while their subsets are fewer together, else sampled."""

MC_TOLERANCE: Final = 0.001
"""Largest Monte-Carlo standard error of a share from sampled orders, in R2 units."""

FEWEST_DRAWS_KEPT: Final = 200
"""Work on draws that is interrupted keeps those made when they are at least so many."""

KEPT_DAYS: Final = 14.0
"""Finished blocks of work that was interrupted are removed after so many days."""

DOMINANCE_DRAWS: Final = 200
"""Bootstrap draws in which every submodel is fitted again for dominance in likelihood."""

POWER: Final = 0.80
"""Wished chance that a true change is called real, for the answers next quarter needs."""

ALPHA: Final = 0.05
"""Two-sided chance of calling a change real where there is none, for the answers next quarter needs."""

PERMUTATIONS: Final = 999
"""Random pairings behind the p value of a necessary condition."""

LINEAR_NULLS: Final = 200
"""Samples behind the 95 % point of the corner that a plain correlation empties."""

NECESSARY_P: Final = 0.05
"""Largest p value of a condition that is called necessary."""

MOST_BOTTLENECKS: Final = 11
"""A bottleneck table has at most so many levels of the outcome."""

OFF_DIAGONAL: Final = 20
"""A response surface needs at least so many people who perceived something else than they expected."""

DECISIVE_ERRORS: Final = 2.0
"""A model is said to predict better or worse when it does so by more than this many standard errors."""

SAME_SIDE: Final = 0.90
"""A ratio is told when at least this part of the draws of what it is divided by lie on one side of zero."""

DIC_CLEARLY: Final = 10.0
"""Thresholds of perceived and expected answers are called different when that lowers the DIC by more than this."""

RHO_RANGE: Final = (-10.0, 4.0)
"""Elasticities between drivers that are looked at; at -10 the weakest driver decides all but alone."""

MOST_FOR_ALL_PRODUCTS: Final = 6
"""With more drivers than this, products to try have to be named: among many the best looks good by chance."""

ANSWERS_PER_SHAPE: Final = 5
"""A power mean needs more complete answers than this for each driver, and for three numbers of its own."""

PRIOR_LOG_RATIO: Final = 0.7
"""Prior standard deviation of the logarithm of penalty over reward common to all drivers, around no asymmetry."""

PRIOR_RATIO_SPREAD: Final = 0.5
"""Scale of the half-normal prior of how far penalties lie from the common ratio, in average rewards."""

MOST_QUESTIONABLE: Final = 0.10
"""A Kano pair that more than this part of people contradict themselves on is called doubtful."""

MOST_SURFACES_DRAWN: Final = 4
"""A report draws the surfaces of so many drivers, those that fall furthest short; its tables hold them all."""

MOST_LATENT: Final = 24
"""A report has latent gaps of up to so many pairs."""

FALSE_FLAGS: Final = 0.10
"""Largest part of the changes, or of the segments that differ, claimed in a report that is expected to be false."""

FLAGS_PREVIOUS: Final = 1.8
"""Weight of changes since the wave before where flags are chosen; changes against a year ago have what is left of 2."""

FLAGS_KEPT_BACK: Final = 0.1
"""Part of the rate of false flags that the tests do without: what is usual is learnt from few series and waves."""

VERY_LIKELY: Final = 0.95
LIKELY: Final = 0.80
LEANING: Final = 0.60
"""Wording of probabilities: very likely, likely, leaning, else 'cannot be separated'."""
