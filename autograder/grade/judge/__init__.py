"""The trusted process: runs the tests against proxies and gives the verdict."""
