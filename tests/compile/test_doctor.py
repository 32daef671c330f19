"""What ``theano.doctor()`` says."""

import io

import theano
from theano.codegen import cache
from theano.runtime import native


def said():
    text = io.StringIO()
    tier = theano.doctor(file=text)
    return tier, text.getvalue()


def test_it_tells_the_tier_in_few_lines():
    tier, text = said()
    assert len(text.splitlines()) <= 15
    assert tier == ("native" if "compiled to C" in text else "prebuilt")
    assert "cache" in text
    assert "NumPy 2" in text


def test_without_a_compiler(monkeypatch):
    monkeypatch.setenv("CC", "")
    monkeypatch.setenv("PATH", "/nowhere")
    tier, text = said()
    assert tier == "prebuilt" and "prebuilt loops" in text
    assert "none" in text


def test_with_a_compiler_that_fails(monkeypatch, tmp_path):
    broken = tmp_path / "cc"
    broken.write_text("#!/bin/sh\necho out of order >&2\nexit 3\n")
    broken.chmod(0o755)
    monkeypatch.setenv("CC", str(broken))
    tier, text = said()
    assert tier == "prebuilt"
    assert "fails" in text


def test_without_the_extension(monkeypatch):
    monkeypatch.setattr(native, "_machine", None)
    tier, text = said()
    assert tier == "python"
    assert "reinstall" in text


def test_without_a_folder(monkeypatch, tmp_path):
    tmp_path.chmod(0o777)
    monkeypatch.setattr(cache, "default_folder", lambda: str(tmp_path))
    assert "memory only" in said()[1]
