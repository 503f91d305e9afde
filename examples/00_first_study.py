"""
A first study in ten minutes
============================
"""
print("soon")
