"""What STARD-AI, TRIPOD+AI, CLAIM and PROBAST+AI ask for, one entry a sub-item, in our words."""

from typing import NamedTuple


class Item(NamedTuple):
    """One item of a guideline.

    Attributes:
        guideline: Its short name.
        number: Number of the item there.
        asks: What it asks for, in our words.
    """

    guideline: str
    number: str
    asks: str

    @property
    def key(self) -> str:
        """Guideline and number, as sections name it."""
        return f"{self.guideline} {self.number}"


SOURCES = {
    "STARD-AI": "STARD-AI 2025 (Sounderajah 2025), which extends STARD 2015 to AI studies",
    "TRIPOD+AI": "TRIPOD+AI 2024 (Collins 2024)",
    "CLAIM": "CLAIM 2024 (Tejani 2024)",
    "PROBAST+AI": "PROBAST+AI 2025 (Moons 2025), a reviewer's tool: what this report holds as "
    "evidence for each question on development (D) and evaluation (E); the judgement is the "
    "reviewer's",
}

_STARD_AI = """
1 Title names AI and a measure of accuracy
2 Structured abstract
3 Background, intended use, place in the workflow
4 Objectives and hypotheses
5 Prospective or retrospective design
6 Ethics approval and consent
7 Eligibility of participants and of data
8 How participants and data were identified
9 Setting, location and dates
10 Consecutive, random or convenience series
11 Source of the data
12 Who annotated the data, and how
13 Devices and software, with versions
14 Acquisition and preprocessing, enough to repeat
15a Index test, enough to repeat
15b Development of the index test: training, validation, test and external sets, with sizes
15c Cut-offs of the index test, pre-specified or exploratory
15d End user and expertise needed
16a Reference standard, enough to repeat
16b Rationale for the reference standard
16c Cut-offs of the reference standard
17a Whether readers of the index test knew the reference standard
17b Whether assessors of the reference standard knew the index test
18 Methods for estimating and comparing accuracy
19 Handling of indeterminate results
20 Handling of missing data
21 Variability of accuracy, pre-specified or exploratory
22 Sample size and how it was determined
23 Error analysis, assessment of bias and fairness
24 Flow of participants as a diagram
25 Baseline characteristics of training, validation and test sets
26a Severity of disease in those with the condition
26b Alternative diagnoses in those without
27 Interval between index test and reference standard
28 Whether the data represent the intended population
29 How an external set differs
30 Cross-tabulation of index test and reference standard
31 Estimates of accuracy with their precision
32 Adverse events
33 Limitations
34 Implications for practice
35 Ethics and fairness of use
36 Registration
37 Protocol
38 Funding
39 Commercial interests
40a Availability of data and code
40b Whether outputs are stored and auditable
"""
_TRIPOD_AI = """
1 Title names the model, the population and the outcome
2 Structured abstract
3a Healthcare context and rationale
3b Target population, intended purpose and users
3c Known health inequalities
4 Objectives
5a Sources of the data and why they were used
5b Dates of the data
6a Setting and centres
6b Eligibility
6c Treatments received
7 Data preparation
8a Outcome, and when and how it was assessed
8b Qualifications of outcome assessors
8c Blinding of the outcome assessment
9a Choice of predictors
9b Definition of predictors
9c Qualifications of predictor assessors
10 Sample size and how it was determined
11 Handling of missing data
12a How the data were used: partition for development and evaluation
12b Handling of predictors in the analysis
12c Type of model, how it was built, internal validation
12d How heterogeneity across clusters was handled
12e Measures and plots of performance, with their rationale
12f Model updating that came from the evaluation
12g How predictions were calculated
13 Class imbalance: methods used, and recalibration after
14 Approaches used to address fairness
15 Output of the model, and how thresholds were identified
16 Differences between development and evaluation data
17 Ethics approval
18a Funding
18b Conflicts of interest
18c Protocol
18d Registration
18e Availability of data
18f Availability of code
19 Involvement of patients and the public
20a Flow of participants
20b Characteristics of participants
20c Comparison with the development data
21 Participants and outcome events in each analysis
22 The full model, so that others can use it
23a Performance with confidence intervals, also in key subgroups
23b Heterogeneity of performance across clusters
24 Results of model updating
25 Interpretation, also of fairness
26 Limitations
27a Handling of poor or missing input in use
27b Interaction of users, and expertise needed
27c Next steps for research
"""
_CLAIM = """
1 Title names AI
2 Structured abstract
3 Background and intended use
4 Aims, objectives and hypotheses
5 Prospective or retrospective design
6 Goal of the study
7 Sources of the data
8 Inclusion and exclusion criteria
9 Preprocessing of the data
10 Selection of subsets of the data
11 De-identification
12 Handling of missing data
13 Image acquisition
14 Reference standard
15 Rationale for the reference standard
16 Source of the reference standard's annotations
17 Annotation of the test set
18 Variability of annotations
19 How data were assigned to parts
20 Unit at which the parts are disjoint
21 Intended sample size
22 The model in detail
23 Software, with versions
24 Initialisation of the parameters
25 Training in detail
26 Selection of the final model
27 Ensembling
28 Metrics of performance
29 Measures of uncertainty and of significance
30 Analysis of robustness or sensitivity
31 Methods for explanation
32 Evaluation on internal data
33 Evaluation on external data
34 Registration of a trial
35 Numbers of patients or examinations, included and excluded
36 Demographic and clinical characteristics of each part
37 Performance on all parts and subgroups
38 Diagnostic performance with its precision
39 Analysis of wrongly classified images
40 Limitations
41 Implications for practice
42 Protocol
43 Availability of software, model and data
44 Funding
"""
# Each domain has the same questions on development and on evaluation, but for the last.
_DOMAINS = """
1.1 Suitable sources of the data
1.2 Suitable design of the study
1.3 Inclusions and exclusions that leave representative data
2.1 Predictors (images) defined and assessed alike for all participants
2.2 Preprocessing alike for all participants
2.3 Predictors assessed without knowledge of the outcome
2.4 Predictors available when the model is meant to be used
3.1 Outcome defined and assessed suitably
3.2 Outcome defined and assessed alike for all participants
3.3 Outcome assessed without use of the predictors
3.4 Suitable time between predictors and outcome
"""
_DEVELOPMENT = """
4.1 Evidence that the sample was large enough
4.2 Continuous and categorical predictors handled suitably
4.3 Missing or censored data handled suitably
4.4 After methods against class imbalance: recalibration of the model or its predictions
4.5 Methods against overfitting
"""
_EVALUATION = """
4.1 Evaluation on more than the data of development
4.2 Evidence that the sample was large enough
4.3 Missing or censored data handled suitably
4.4 After methods against class imbalance: evaluation on data that were not balanced
4.5 Where data were split: evidence that nothing leaked
4.6 Where data were resampled: every step of development repeated inside
4.7 Performance evaluated suitably: calibration, discrimination, net benefit
"""


def _part(letter: str, own: str) -> str:
    """Return the questions of one part of PROBAST+AI, numbered with its letter."""
    return "\n".join(f"{letter}{line}" for line in f"{_DOMAINS}{own}".split("\n") if line)


def _items(guideline: str, lines: str) -> tuple[Item, ...]:
    pairs = (line.split(" ", 1) for line in lines.strip().splitlines())
    return tuple(Item(guideline, number, asks) for number, asks in pairs)


ITEMS: tuple[Item, ...] = (
    *_items("STARD-AI", _STARD_AI),
    *_items("TRIPOD+AI", _TRIPOD_AI),
    *_items("CLAIM", _CLAIM),
    *_items("PROBAST+AI", _part("D", _DEVELOPMENT)),
    *_items("PROBAST+AI", _part("E", _EVALUATION)),
)
