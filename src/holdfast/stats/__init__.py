"""Intervals, paired tests, multiplicity, non-inferiority, judge error and sequential tests. No threshold lives here.

A drop is always p_base - p_tuned, -1 to 1: positive means that the tuned model shows the event less often.
"""

from holdfast.stats.betting import betting_interval
from holdfast.stats.bootstrap import ScoreDrop, paired_bootstrap
from holdfast.stats.changes import log_e_change
from holdfast.stats.clusters import ClusteredMean, clustered_mean, clustered_share, clustered_standard_error
from holdfast.stats.gains import GainKept, kept_of_probabilities, kept_of_scores
from holdfast.stats.intervals import Interval, clopper_pearson, wilson
from holdfast.stats.judge_error import (
    MINIMUM_YOUDEN,
    Corrected,
    JudgeAccuracy,
    calibration_slack,
    correct_drop,
    correct_drop_by_side,
    correct_share,
    corrected_drop,
    corrected_drop_by_side,
    corrected_rate,
    inflated_pairs,
    rogan_gladen,
    scaled_margin,
)
from holdfast.stats.macro import MacroMean, macro_drop, macro_share
from holdfast.stats.mcnemar import log_e_mcnemar, mcnemar_exact, mcnemar_mid_p
from holdfast.stats.multiplicity import benjamini_hochberg, holm
from holdfast.stats.noninferiority import Change, NonInferiority, classify_change, noninferiority, one_sided_drop_limits
from holdfast.stats.ordering import SamplingOrder, stratified_order
from holdfast.stats.paired import newcombe, tango
from holdfast.stats.permutation import SignFlipTest, sign_flip_test
from holdfast.stats.power import (
    minimum_detectable_drop,
    pairs_to_confirm_drop,
    pairs_to_show_noninferiority,
    smallest_confirmable_drop,
)
from holdfast.stats.quantiles import quantile, quantile_limits
from holdfast.stats.ratios import Ratio, paired_ratio, probability_ratio, ratio_of_points
from holdfast.stats.sequential import SequentialVerdict, log_e_degraded, log_e_noninferior, sequential_verdict

__all__ = [
    "MINIMUM_YOUDEN",
    "Change",
    "ClusteredMean",
    "Corrected",
    "GainKept",
    "Interval",
    "JudgeAccuracy",
    "MacroMean",
    "NonInferiority",
    "Ratio",
    "SamplingOrder",
    "ScoreDrop",
    "SequentialVerdict",
    "SignFlipTest",
    "benjamini_hochberg",
    "betting_interval",
    "calibration_slack",
    "classify_change",
    "clopper_pearson",
    "clustered_mean",
    "clustered_share",
    "clustered_standard_error",
    "correct_drop",
    "correct_drop_by_side",
    "correct_share",
    "corrected_drop",
    "corrected_drop_by_side",
    "corrected_rate",
    "holm",
    "inflated_pairs",
    "kept_of_probabilities",
    "kept_of_scores",
    "log_e_change",
    "log_e_degraded",
    "log_e_mcnemar",
    "log_e_noninferior",
    "macro_drop",
    "macro_share",
    "mcnemar_exact",
    "mcnemar_mid_p",
    "minimum_detectable_drop",
    "newcombe",
    "noninferiority",
    "one_sided_drop_limits",
    "paired_bootstrap",
    "paired_ratio",
    "pairs_to_confirm_drop",
    "pairs_to_show_noninferiority",
    "probability_ratio",
    "quantile",
    "quantile_limits",
    "ratio_of_points",
    "rogan_gladen",
    "scaled_margin",
    "sequential_verdict",
    "sign_flip_test",
    "smallest_confirmable_drop",
    "stratified_order",
    "tango",
    "wilson",
]
