"""The papers that measures and methods cite, in full, by the words they are cited with."""

import re

REFERENCES = {
    "Altman & Bland 1994": "Altman DG, Bland JM. Diagnostic tests 1: sensitivity and specificity; "
    "2: predictive values. BMJ 1994;308:1552 and 309:102.",
    "Austin & Steyerberg 2019": "Austin PC, Steyerberg EW. The integrated calibration index (ICI) "
    "and related metrics. Stat Med 2019;38:4051-4065.",
    "Bonett & Price 2012": "Bonett DG, Price RM. Adjusted Wald confidence interval for a "
    "difference of binomial proportions based on paired data. J Educ Behav Stat 2012;37:479-488.",
    "Boyd, Eng & Page 2013": "Boyd K, Eng KH, Page CD. Area under the precision-recall curve: "
    "point estimates and confidence intervals. ECML PKDD 2013:451-466.",
    "Brier 1950": "Brier GW. Verification of forecasts expressed in terms of probability. Mon "
    "Weather Rev 1950;78:1-3.",
    "Brodersen 2010": "Brodersen KH et al. The balanced accuracy and its posterior distribution. "
    "ICPR 2010:3121-3124.",
    "Cleveland 1979": "Cleveland WS. Robust locally weighted regression and smoothing "
    "scatterplots. J Am Stat Assoc 1979;74:829-836.",
    "Clopper & Pearson 1934": "Clopper CJ, Pearson ES. The use of confidence or fiducial limits "
    "illustrated in the case of the binomial. Biometrika 1934;26:404-413.",
    "Cohen 1960": "Cohen J. A coefficient of agreement for nominal scales. Educ Psychol Meas "
    "1960;20:37-46.",
    "Cohen 1968": "Cohen J. Weighted kappa: nominal scale agreement with provision for scaled "
    "disagreement or partial credit. Psychol Bull 1968;70:213-220.",
    "Cox 1958": "Cox DR. Two further applications of a model for binary regression. Biometrika "
    "1958;45:562-565.",
    "Debray 2017": "Debray TPA et al. A guide to systematic review and meta-analysis of prediction "
    "model performance. BMJ 2017;356:i6460.",
    "Deeks & Altman 2004": "Deeks JJ, Altman DG. Diagnostic tests 4: likelihood ratios. BMJ "
    "2004;329:168-169.",
    "DeLong 1988": "DeLong ER, DeLong DM, Clarke-Pearson DL. Comparing the areas under two or more "
    "correlated receiver operating characteristic curves. Biometrics 1988;44:837-845.",
    "Donner & Zou 2012": "Donner A, Zou GY. Closed-form confidence intervals for functions of the "
    "normal mean and standard deviation. Stat Methods Med Res 2012;21:347-359.",
    "Epstein 1969": "Epstein ES. A scoring system for probability forecasts of ranked categories. "
    "J Appl Meteorol 1969;8:985-987.",
    "Fagerland 2013": "Fagerland MW, Lydersen S, Laake P. The McNemar test for binary "
    "matched-pairs data. BMC Med Res Methodol 2013;13:91.",
    "Field & Welsh 2007": "Field CA, Welsh AH. Bootstrapping clustered data. J R Stat Soc B "
    "2007;69:369-390.",
    "Fleiss, Cohen & Everitt 1969": "Fleiss JL, Cohen J, Everitt BS. Large sample standard errors "
    "of kappa and weighted kappa. Psychol Bull 1969;72:323-327.",
    "Glas 2003": "Glas AS et al. The diagnostic odds ratio: a single indicator of test "
    "performance. J Clin Epidemiol 2003;56:1129-1135.",
    "Good 1952": "Good IJ. Rational decisions. J R Stat Soc B 1952;14:107-114.",
    "Gorodkin 2004": "Gorodkin J. Comparing two K-category assignments by a K-category "
    "correlation coefficient. Comput Biol Chem 2004;28:367-374.",
    "Guo 2017": "Guo C, Pleiss G, Sun Y, Weinberger KQ. On calibration of modern neural networks. "
    "ICML 2017:1321-1330.",
    "Hall 1992": "Hall P. On the removal of skewness by transformation. J R Stat Soc B "
    "1992;54:221-228.",
    "Hand & Till 2001": "Hand DJ, Till RJ. A simple generalisation of the area under the ROC "
    "curve for multiple class classification problems. Mach Learn 2001;45:171-186.",
    "Hanley & McNeil 1982": "Hanley JA, McNeil BJ. The meaning and use of the area under a "
    "receiver operating characteristic (ROC) curve. Radiology 1982;143:29-36.",
    "Hartung & Knapp 2001": "Hartung J, Knapp G. A refined method for the meta-analysis of "
    "controlled clinical trials with binary outcome. Stat Med 2001;20:3875-3889.",
    "Hesterberg 2015": "Hesterberg TC. What teachers should know about the bootstrap. Am Stat "
    "2015;69:371-386.",
    "Jaeckel 1972": "Jaeckel LA. The infinitesimal jackknife. Bell Laboratories Memorandum "
    "MM 72-1215-11, 1972.",
    "Johnson 1978": "Johnson NJ. Modified t tests and confidence intervals for asymmetrical "
    "populations. J Am Stat Assoc 1978;73:536-544.",
    "Kerr 2016": "Kerr KF, Brown MD, Zhu K, Janes H. Assessing the clinical impact of risk "
    "prediction models with decision curves. J Clin Oncol 2016;34:2534-2540.",
    "Kish 1965": "Kish L. Survey sampling. Wiley, 1965.",
    "Knapp & Hartung 2003": "Knapp G, Hartung J. Improved tests for a random effects "
    "meta-regression with a single covariate. Stat Med 2003;22:2693-2710.",
    "Korn & Graubard 1998": "Korn EL, Graubard BI. Confidence intervals for proportions with small "
    "expected number of positive counts estimated from survey data. Surv Methodol 1998;24:193-201.",
    "Kull 2019": "Kull M et al. Beyond temperature scaling: obtaining well-calibrated multi-class "
    "probabilities with Dirichlet calibration. NeurIPS 2019;32.",
    "Lumley & Scott 2014": "Lumley T, Scott A. Tests for regression models fitted to survey data. "
    "Aust N Z J Stat 2014;56:1-14.",
    "Matthews 1975": "Matthews BW. Comparison of the predicted and observed secondary structure of "
    "T4 phage lysozyme. Biochim Biophys Acta 1975;405:442-451.",
    "McClish 1989": "McClish DK. Analyzing a portion of the ROC curve. Med Decis Making "
    "1989;9:190-195.",
    "Mercaldo, Lau & Zhou 2007": "Mercaldo ND, Lau KF, Zhou XH. Confidence intervals for "
    "predictive values with an emphasis to case-control studies. Stat Med 2007;26:2170-2183.",
    "Miller, Hui & Tierney 1991": "Miller ME, Hui SL, Tierney WM. Validation techniques for "
    "logistic regression models. Stat Med 1991;10:1213-1226.",
    "Newcombe 1998": "Newcombe RG. Interval estimation for the difference between independent "
    "proportions. Stat Med 1998;17:873-890.",
    "Obuchowski 1997": "Obuchowski NA. Nonparametric analysis of clustered ROC curve data. "
    "Biometrics 1997;53:567-578.",
    "Obuchowski 1998": "Obuchowski NA. On the comparison of correlated proportions for clustered "
    "data. Stat Med 1998;17:1495-1507.",
    "Rao & Scott 1992": "Rao JNK, Scott AJ. A simple method for the analysis of clustered binary "
    "data. Biometrics 1992;48:577-585.",
    "Satterthwaite 1946": "Satterthwaite FE. An approximate distribution of estimates of variance "
    "components. Biometrics Bull 1946;2:110-114.",
    "Simel, Samsa & Matchar 1991": "Simel DL, Samsa GP, Matchar DB. Likelihood ratios with "
    "confidence. J Clin Epidemiol 1991;44:763-770.",
    "Squire & Trapp 1998": "Squire W, Trapp G. Using complex variables to estimate derivatives of "
    "real functions. SIAM Rev 1998;40:110-112.",
    "Steyerberg 2010": "Steyerberg EW et al. Assessing the performance of prediction models. "
    "Epidemiology 2010;21:128-138.",
    "Sun & Xu 2014": "Sun X, Xu W. Fast implementation of DeLong's algorithm. IEEE Signal Process "
    "Lett 2014;21:1389-1393.",
    "Tsoumakas 2010": "Tsoumakas G, Katakis I, Vlahavas I. Mining multi-label data. In: Data "
    "Mining and Knowledge Discovery Handbook, 2nd edition. Springer 2010:667-685.",
    "Van Calster 2019": "Van Calster B et al. Calibration: the Achilles heel of predictive "
    "analytics. BMC Med 2019;17:230.",
    "van Rijsbergen 1979": "van Rijsbergen CJ. Information retrieval. 2nd ed. Butterworths, 1979.",
    "Vickers & Elkin 2006": "Vickers AJ, Elkin EB. Decision curve analysis. Med Decis Making "
    "2006;26:565-574.",
    "Willmott & Matsuura 2005": "Willmott CJ, Matsuura K. Advantages of the mean absolute error "
    "(MAE) over the root mean square error (RMSE) in assessing average model performance. Clim "
    "Res 2005;30:79-82.",
    "Viechtbauer 2005": "Viechtbauer W. Bias and efficiency of meta-analytic variance "
    "estimators in the random-effects model. J Educ Behav Stat 2005;30:261-293.",
    "Wilson 1927": "Wilson EB. Probable inference, the law of succession, and statistical "
    "inference. J Am Stat Assoc 1927;22:209-212.",
    "Woolf 1955": "Woolf B. On estimating the relation between blood group and disease. Ann Hum "
    "Genet 1955;19:251-253.",
    "Youden 1950": "Youden WJ. Index for rating diagnostic tests. Cancer 1950;3:32-35.",
    "Zou & Donner 2008": "Zou GY, Donner A. Construction of confidence limits about effect "
    "measures: a general approach. Stat Med 2008;27:1693-1702.",
}
_NAME = r"(?:van )?[A-Z][\w'-]+"
_CITED = re.compile(rf"((?:van |Van )?{_NAME}(?:, {_NAME})*(?: & {_NAME})? (?:19|20)\d\d)\b")


def cited_in(text: str) -> list[str]:
    """Return the citations in a text, such as `"Zou & Donner 2008"`, each once, in order.

    Examples:
        >>> cited_in("logit interval (Boyd, Eng & Page 2013), jackknife (Jaeckel 1972)")
        ['Boyd, Eng & Page 2013', 'Jaeckel 1972']
    """
    return list(dict.fromkeys(_CITED.findall(text)))


def references_in(text: str) -> list[str]:
    """Return the papers that a text cites, in full and sorted.

    Examples:
        >>> references_in("Wilson score interval (Wilson 1927)")[0][:9]
        'Wilson EB'
    """
    found = (REFERENCES[cited] for cited in cited_in(text) if cited in REFERENCES)
    return sorted(found, key=str.casefold)
