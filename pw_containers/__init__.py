"""Containers, as both packages need them: started beside the tests, watched until they answer,
removed whatever happens.

It knows nothing of Patchwork: fakepw and the suite both stand on it, so that neither has to know
of the other. The docker SDK (the extra `docker`) is imported only when a container is wanted.

    engine     the engine: found, or why not, in one sentence
    container  one container: its address, its log, its end
    owners     which containers a killed process left behind
"""
