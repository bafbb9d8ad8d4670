"""The numbered statements of Categorical Deep Learning: each with the laws that state it.

Gavranović, Lessard, Dudzik, von Glehn, Araújo and Veličković, "Categorical Deep Learning is an
Algebraic Theory of All Architectures", 2024.

``commute list --paper`` prints them all in order, ``commute check`` one file of them.  Numbers with
nothing to compute are remarks, with the reason; slips of the paper are expected refutations.
"""
