"""Runs the unittest cases of the calling script and writes JUnit to $DANDORI_TEST_REPORT when it is set.

A test's title is the first line of its docstring (it may name acceptance rows, as `[TRG-01]`), else its name."""
import os
import sys
import unittest
import xml.etree.ElementTree as xml


class Collected(unittest.TextTestResult):
    def __init__(self, *arguments, **options):
        super().__init__(*arguments, **options)
        self.cases = []

    def _note(self, test, problem=None):
        self.cases.append((test.shortDescription() or test.id().split(".")[-1].replace("_", " "), problem))

    def addSuccess(self, test):
        super().addSuccess(test)
        self._note(test)

    def addFailure(self, test, err):
        super().addFailure(test, err)
        self._note(test, self.failures[-1][1])

    def addError(self, test, err):
        super().addError(test, err)
        self._note(test, self.errors[-1][1])


def run_and_report():
    program = unittest.main(exit=False, testRunner=unittest.TextTestRunner(resultclass=Collected, verbosity=1))
    path = os.environ.get("DANDORI_TEST_REPORT")
    if path:
        suite = xml.Element("testsuite")
        for title, problem in program.result.cases:
            case = xml.SubElement(suite, "testcase", name=title)
            if problem:
                xml.SubElement(case, "failure").text = problem
        xml.ElementTree(suite).write(path, encoding="utf-8")
    sys.exit(0 if program.result.wasSuccessful() else 1)
