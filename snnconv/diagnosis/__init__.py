"""Why a converted network decides otherwise than its model: experiments, and the causes that they speak for.

``stages.py`` takes a network apart into one imperfection after the other, ``relus.py`` and ``spikes.py`` measure the
networks between, ``split.py`` says what each imperfection costs, and ``causes/`` has one file for each cause.
"""
