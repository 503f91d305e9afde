from prevalens.predictions.patient_pooling import PatientPooling as PatientPooling
from prevalens.predictions.patient_score import patient_scores as patient_scores
from prevalens.predictions.predictions import Predictions as Predictions
from prevalens.predictions.views import ViewScores as ViewScores
from prevalens.predictions.views import predict_with_views as predict_with_views
