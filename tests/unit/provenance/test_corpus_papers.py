"""Croissant, CycloneDX, in-toto and signatures: what others' tools read is valid, says what the corpus is, and breaks when a byte does."""

from __future__ import annotations

import json
import subprocess
import sys
import warnings
from pathlib import Path
from typing import Any

import pytest

from holdfast.core import InputError
from holdfast.provenance import (
    Described,
    bill_of_data,
    corpus_statement,
    croissant,
    read_version,
    retract,
    sign_corpus,
    trace,
    verify_corpus,
    verify_signature,
    version_id,
)
from holdfast.provenance.texts import read_texts
from holdfast.testing.corpora import make_corpus


def written(folder: Path, described: Described | None = None) -> dict[str, Any]:
    made = croissant(folder, read_version(folder), described)
    (folder / "croissant.json").write_text(json.dumps(made), encoding="utf-8")
    return made


@pytest.mark.slow
@pytest.mark.parametrize("ending", [".jsonl", ".jsonl.gz", ".parquet", ".jsonl.zst"])
def test_mlcroissant_validates_it_and_reads_every_record(tmp_path: Path, ending: str) -> None:
    with warnings.catch_warnings():
        warnings.simplefilter("ignore")
        mlcroissant = pytest.importorskip("mlcroissant")
        version = make_corpus(tmp_path, rows=60, shards=3, ending=ending)
        written(tmp_path, Described(url="https://example.org/corpus", cite_as="nobody", published="2026-11-21", creator="Nobody"))
        dataset = mlcroissant.Dataset(str(tmp_path / "croissant.json"))
        assert (list(dataset.metadata.issues.errors), list(dataset.metadata.issues.warnings)) == ([], [])
        origins = list(dataset.records("origins"))
        assert len(origins) == version.rows
        if ending == ".jsonl.zst":
            return
        found = sorted(row["documents/text"].decode() for row in dataset.records("documents"))
    texts = sorted(text for shard in version.shards for batch in read_texts(tmp_path / shard.name) for text in batch)
    assert found == texts
    assert verify_corpus(tmp_path).whole


def test_croissant_says_what_the_corpus_knows_and_what_people_add(corpus: Path) -> None:
    made = written(corpus, Described(rai={"dataBiases": ["one crawl only"]}))
    assert made["conformsTo"] == ["http://mlcommons.org/croissant/1.1", "http://mlcommons.org/croissant/RAI/1.0"]
    assert made["rai:dataCollectionTimeFrame"] == ["2026-01-01", "2026-03-31"]
    assert "near-duplicate 20" in made["rai:dataCollectionMissingData"]
    assert len(made["rai:dataPreprocessingProtocol"]) == 4
    assert made["rai:dataBiases"] == ["one crawl only"]
    assert "rai:dataSocialImpact" not in made, "nothing is made up"
    hashes = {one["@id"]: one["sha256"] for one in made["distribution"] if "sha256" in one}
    assert hashes == {
        name: digest
        for shard in read_version(corpus).shards
        for name, digest in ((shard.name, shard.sha256), (shard.provenance, shard.provenance_sha256))
    }
    bare = written(corpus, Described(origins=False))
    assert "provenance" not in json.dumps(bare["distribution"])
    with pytest.raises(InputError, match="Did you mean 'dataBiases'"):
        Described(rai={"dataBias": "x"})


def test_a_retraction_stands_in_the_version_of_the_description(corpus: Path, tmp_path: Path) -> None:
    retract(corpus, trace(corpus, "books"), tmp_path / "new", why="Books were poisoned.")
    made = croissant(tmp_path / "new", read_version(tmp_path / "new"))
    assert made["version"].startswith("1.1.0+")
    assert "Books were poisoned." in made["description"]


def test_the_bill_of_materials_is_valid_cyclonedx(corpus: Path, tmp_path: Path) -> None:
    validation = pytest.importorskip("cyclonedx.validation.json")
    schema = pytest.importorskip("cyclonedx.schema")
    retract(corpus, trace(corpus, "books"), tmp_path / "new", why="poisoned")
    for folder in (corpus, tmp_path / "new"):
        version = read_version(folder)
        bill = bill_of_data(folder, version, holdfast="0.1.0")
        assert validation.JsonStrictValidator(schema.SchemaVersion.V1_6).validate_str(json.dumps(bill)) is None
        whole = bill["metadata"]["component"]
        hashes = {part["name"]: part["hashes"][0]["content"] for part in whole["components"]}
        assert hashes[version.shards[0].name] == version.shards[0].sha256
        assert [task["name"] for task in bill["formulation"][0]["workflows"][0]["tasks"]] == [step.name for step in version.steps]
        assert bill == bill_of_data(folder, version, holdfast="0.1.0")
    assert whole["pedigree"]["ancestors"][0]["version"] == version_id(read_version(corpus))


def test_the_statement_is_valid_in_toto(corpus: Path) -> None:
    from in_toto_attestation.v1.statement import Statement

    made = corpus_statement(read_version(corpus))
    plain = {key: value for key, value in made.items()}
    Statement.copy_from_pb(_proto(plain)).validate()
    assert {one["name"] for one in made["subject"]} == {
        name for shard in read_version(corpus).shards for name in (shard.name, shard.provenance)
    }


def _proto(made: dict[str, Any]) -> Any:
    from google.protobuf import json_format  # type: ignore[import-untyped]  # it ships no types
    from in_toto_attestation.v1 import statement_pb2

    return json_format.ParseDict(made, statement_pb2.Statement())


def keys(folder: Path, name: str = "key") -> tuple[Path, Path]:
    from cryptography.hazmat.primitives import serialization
    from cryptography.hazmat.primitives.asymmetric import ec

    key = ec.generate_private_key(ec.SECP256R1())
    private, public = folder / f"{name}.pem", folder / f"{name}.pub"
    form = serialization.PrivateFormat.PKCS8
    private.write_bytes(key.private_bytes(serialization.Encoding.PEM, form, serialization.BestAvailableEncryption(b"secret")))
    public.write_bytes(key.public_key().public_bytes(serialization.Encoding.PEM, serialization.PublicFormat.SubjectPublicKeyInfo))
    return private, public


def test_a_signature_holds_until_a_byte_changes(corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("model_signing.signing")
    private, public = keys(tmp_path)
    signature = corpus / "corpus.sig"
    sign_corpus(corpus, private, signature, password="secret")
    trace(corpus, "crawl")
    assert verify_signature(corpus, signature, public).holds, "the index may be made after signing"
    path = corpus / read_version(corpus).shards[1].provenance
    data = path.read_bytes()
    path.write_bytes(data[:50] + bytes([data[50] ^ 1]) + data[51:])
    found = verify_signature(corpus, signature, public)
    assert (found.holds, found.said) == (False, "does NOT hold (changed: provenance/00001.parquet)")
    path.write_bytes(data)
    path.rename(path.with_suffix(".gone"))
    assert not verify_signature(corpus, signature, public).holds, "a file that is missing"
    path.with_suffix(".gone").rename(path)
    for name in ("report.html", "measures/more.parquet"):
        (corpus / name).parent.mkdir(exist_ok=True)
        (corpus / name).write_bytes(b"a page that is written again")
    other = keys(tmp_path, "other")[1]
    assert not verify_signature(corpus, signature, other).holds
    assert verify_signature(corpus, signature, public).holds


def test_a_signature_or_key_that_is_none_is_said_in_a_sentence(corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("model_signing.signing")
    private, public = keys(tmp_path)
    with pytest.raises(InputError, match="cannot be used as a private key"):
        sign_corpus(corpus, private, tmp_path / "s", password="wrong")
    with pytest.raises(InputError, match="cannot be used as a private key"):
        sign_corpus(corpus, tmp_path / "none.pem", tmp_path / "s")
    with pytest.raises(InputError, match="there is none"):
        verify_signature(corpus, tmp_path / "none", public)
    (tmp_path / "junk").write_text("{}", encoding="utf-8")
    assert not verify_signature(corpus, tmp_path / "junk", public).holds
    with pytest.raises(InputError, match="cannot be used as a public key"):
        verify_signature(corpus, tmp_path / "junk", tmp_path / "junk")


@pytest.mark.slow
def test_the_library_s_own_command_reads_the_signature(corpus: Path, tmp_path: Path) -> None:
    pytest.importorskip("model_signing.signing")
    private, public = keys(tmp_path)
    sign_corpus(corpus, private, tmp_path / "corpus.sig", password="secret")
    words = ["verify", "key", str(corpus), "--signature", str(tmp_path / "corpus.sig"), "--public_key", str(public)]
    done = subprocess.run([sys.executable, "-m", "model_signing", *words], capture_output=True, text=True, check=False)
    assert done.returncode == 0, done.stderr
