"""Console and command line with a real Directus: sessions, products, a word on a finding that gets there."""

from __future__ import annotations

import os
import re
import time
import tomllib
from collections.abc import Iterator
from pathlib import Path

import httpx
import pytest

from infra.directus.credentials import ADMIN_EMAIL
from infra.directus.ids import model_id
from infra.directus.products import TRAVEL
from infra.local.stack import LocalStack
from tests.peers.directus import PASSWORD, DirectusServer
from tests.peers.rows import validated
from tests.support.browser import PAYLOADS, WAIT, Tab, axe, browser, context, tab, violations
from tests.support.paths import SAMPLES
from tests.support.stack.shell import Shell

__all__ = ["axe", "browser", "context", "tab"]

TEXT = (SAMPLES / "small.txt").read_text()
# The console renews a token in the last minute before it expires: here some seconds after it was given.
TOKEN_SECONDS = 64
DIRECTUS_ENVIRONMENT = {"ACCESS_TOKEN_TTL": f"{TOKEN_SECONDS}s"}


@pytest.fixture(scope="module")
def stack(directus_stack: LocalStack) -> LocalStack:
    return directus_stack


@pytest.fixture(scope="module")
def server_url(directus_stack: LocalStack) -> str:
    return directus_stack.serve()


@pytest.fixture(scope="module")
def products(directus_server: DirectusServer) -> dict[str, str]:
    """Products, the names of some of which are attempts; return their ids by name."""
    model = model_id(TRAVEL.taxonomy)
    names = ["Travel Plus", *PAYLOADS, *(f"Household {number:02}" for number in range(25))]
    return {
        name: directus_server.add_product(
            product_name=name, full_text_part=TEXT, domain_context_model=model, document_reference="AVB 2026"
        )
        for name in names
    }


@pytest.fixture(autouse=True)
def told(tab: Tab) -> Iterator[None]:
    """An answer that refuses somebody is a line in the browser's console, too."""
    yield
    tab.complaints = [said for said in tab.complaints if "401" not in said and "403" not in said]


def sign_in(tab: Tab, email: str = ADMIN_EMAIL, password: str = PASSWORD) -> None:
    tab.open()
    tab.page.get_by_label("E-mail").fill(email)
    tab.page.get_by_label("Password").fill(password)
    tab.page.get_by_role("button", name="Sign in with Directus").click()


def kept(tab: Tab) -> dict[str, str]:
    """Return the tokens that the tab keeps."""
    tokens: dict[str, str] = tab.page.evaluate("JSON.parse(sessionStorage.getItem('clauseworks'))")
    return tokens


def choose(tab: Tab, name: str, words: str) -> None:
    """Look for a product, and choose it."""
    page = tab.page
    tab.open("#/new")
    page.get_by_text("Or choose a product of Directus").click()
    page.get_by_text("20 or more products").wait_for()
    page.get_by_role("button", name="Show more").click()
    page.get_by_text(re.compile(r"^(33|\d+ or more) products$")).wait_for()
    page.get_by_label("Words of its name, or its id").fill(words)
    page.get_by_text("1 product", exact=True).wait_for()
    page.get_by_role("radio").check()
    assert name in page.locator(".chosen").inner_text()


def analyse(tab: Tab) -> str:
    """Start the analysis; return the job's id once it has completed."""
    tab.page.get_by_label("Report (PDF, Word, Excel)").set_checked(False)
    tab.page.get_by_role("button", name="Analyse", exact=True).click()
    tab.page.wait_for_url("**/#/jobs/*", timeout=WAIT)
    tab.page.locator(".state.completed").first.wait_for(timeout=2 * WAIT)
    return str(tab.page.url.rsplit("/", 1)[1])


def accept_a_limit(tab: Tab) -> None:
    row = tab.page.locator(".tree .row").filter(has=tab.page.locator(".kind.limits")).first
    row.get_by_role("button", name="Accept").click()


def test_a_product_is_chosen_seeded_and_a_finding_of_it_accepted_in_directus(
    tab: Tab, directus_server: DirectusServer, products: dict[str, str]
) -> None:
    page = tab.page
    sign_in(tab)
    page.get_by_role("heading", name="Jobs", exact=True).wait_for()
    choose(tab, "Travel Plus", "plus TRAVEL")
    page.get_by_label("Write the findings to the product").check()
    analyse(tab)
    assert page.get_by_role("heading", level=1).inner_text() == "Travel Plus"
    accept_a_limit(tab)
    page.get_by_text("accepted by you, also in Directus").wait_for()
    (row,) = validated(directus_server, products["Travel Plus"])
    assert row["limit_name"]
    # Taken back, it is no longer protected there, either.
    page.get_by_role("button", name="Accept", pressed=True).click()
    page.get_by_text(re.compile("^accepted by")).wait_for(state="detached")
    assert validated(directus_server, products["Travel Plus"]) == []


def test_without_the_right_to_seed_a_word_stays_with_us(
    tab: Tab, directus_server: DirectusServer, directus_stack: LocalStack, products: dict[str, str]
) -> None:
    product_id = products["Travel Plus"]
    reader = directus_server.add_user("reader", products=[product_id])
    sign_in(tab, reader)
    tab.page.get_by_role("heading", name="Jobs", exact=True).wait_for()
    tab.open("#/new")
    tab.page.get_by_text("Or choose a product of Directus").click()
    # Directus shows this one alone to them.
    tab.page.get_by_text("1 product", exact=True).wait_for()
    tab.page.get_by_role("radio").check()
    tab.page.get_by_label("Write the findings to the product").check()
    tab.page.get_by_role("button", name="Analyse", exact=True).click()
    tab.page.get_by_role("alert").filter(has_text="Seeding needs admin_access").wait_for()
    tab.page.get_by_label("Write the findings to the product").uncheck()
    analyse(tab)
    accept_a_limit(tab)
    tab.page.get_by_text("accepted by you", exact=True).wait_for()
    assert validated(directus_server, product_id) == []


def test_names_of_products_are_texts(tab: Tab, products: dict[str, str]) -> None:
    page = tab.page
    sign_in(tab)
    page.get_by_role("heading", name="Jobs", exact=True).wait_for()
    tab.open("#/new")
    page.get_by_text("Or choose a product of Directus").click()
    page.get_by_text("20 or more products").wait_for()
    for payload in PAYLOADS:
        page.get_by_label("Words of its name, or its id").fill(products[payload])
        page.get_by_role("radio", name=f"{payload} AVB 2026", exact=True).check()
        assert payload in page.locator(".chosen").inner_text()
    analyse(tab)
    assert page.get_by_role("heading", level=1).inner_text() == PAYLOADS[-1]
    tab.open("#/")
    page.get_by_role("link", name=PAYLOADS[-1]).wait_for()
    tab.open("#/compare")
    page.get_by_text(PAYLOADS[-1]).wait_for()
    assert page.evaluate("window.hit") is None
    assert page.locator("main script, main iframe, main img").count() == 0


def test_nobody_is_kept_from_signing_in_and_choosing(tab: Tab, axe: str, products: dict[str, str]) -> None:
    page = tab.page
    page.set_viewport_size({"width": 390, "height": 844})
    tab.open()
    page.get_by_label("E-mail").wait_for()
    found = violations(page, axe)
    sign_in(tab)
    page.get_by_role("heading", name="Jobs", exact=True).wait_for()
    tab.open("#/new")
    page.get_by_text("Or choose a product of Directus").click()
    page.get_by_role("radio").first.check()
    page.get_by_label("Write the findings to the product").wait_for()
    assert [*found, *violations(page, axe)] == []
    assert page.evaluate("document.documentElement.scrollWidth <= innerWidth")


def test_a_session_goes_on_beyond_its_first_token_and_ends_with_a_word(
    tab: Tab, directus_server: DirectusServer
) -> None:
    page = tab.page
    sign_in(tab)
    page.get_by_role("heading", name="Jobs", exact=True).wait_for()
    first = kept(tab)
    until = time.monotonic() + TOKEN_SECONDS
    while kept(tab)["token"] == first["token"] and time.monotonic() < until:
        page.wait_for_timeout(500)
    second = kept(tab)
    assert second["token"] != first["token"]
    assert second["refresh"] != first["refresh"]
    # What is looked at stays as it is, and the new token opens the next view.
    tab.open("#/operators")
    page.get_by_role("heading", name="Operators").wait_for()
    # Somebody ends the session at Directus: the page says so, and asks to sign in.
    ending = {"refresh_token": second["refresh"], "mode": "json"}
    httpx.post(f"{directus_server.url}/auth/logout", json=ending, timeout=30).raise_for_status()
    page.get_by_text("Your session has ended. Sign in again.").wait_for()
    assert page.evaluate("sessionStorage.length") == 0


def test_signing_out_ends_the_session_at_directus(tab: Tab, directus_server: DirectusServer) -> None:
    sign_in(tab)
    tab.page.get_by_role("heading", name="Jobs", exact=True).wait_for()
    refresh = kept(tab)["refresh"]
    with tab.page.expect_response("**/auth/logout"):
        tab.page.get_by_role("button", name="Sign out").click()
    tab.page.get_by_text("You are signed out.").wait_for()
    again = {"refresh_token": refresh, "mode": "json"}
    answer = httpx.post(f"{directus_server.url}/auth/refresh", json=again, timeout=30)
    assert answer.status_code == httpx.codes.UNAUTHORIZED


def test_a_wrong_password_is_refused_without_saying_what_was_wrong(tab: Tab) -> None:
    sign_in(tab, password="wrong")
    alert = tab.page.get_by_role("alert")
    alert.wait_for()
    assert "Directus does not accept this" in alert.inner_text()
    sign_in(tab, email="nobody@example.com")
    assert "Directus does not accept this" in alert.inner_text()


class TestCommandLine:
    @pytest.fixture
    def shell(self, server_url: str, tmp_path: Path) -> Shell:
        environment = {"PATH": os.environ["PATH"], "HOME": str(tmp_path), "CLAUSEWORKS_URL": server_url}
        return Shell(environment, tmp_path)

    def test_a_product_is_found_and_analysed_in_a_session_that_is_renewed(
        self, shell: Shell, products: dict[str, str]
    ) -> None:
        login = ("login", "--email", ADMIN_EMAIL, "--stdin")
        refused = shell.run(*login, said="wrong\n")
        assert refused.returncode == 3
        assert "Directus does not accept this" in refused.stderr
        done = shell.run(*login, said=f"{PASSWORD}\n")
        assert done.returncode == 0, done.stderr
        assert PASSWORD not in done.stdout + done.stderr
        file = shell.home / ".config" / "clauseworks" / "config.toml"
        first = tomllib.loads(file.read_text())
        assert shell.json("products", "plus travel") == [
            {
                "product_id": products["Travel Plus"],
                "product_name": "Travel Plus",
                "document_reference": "AVB 2026",
            }
        ]
        assert "There are more" in shell.run("products", "household").stderr
        watched = shell.run("analyze", products["Travel Plus"], "--watch", "--no-index")
        assert watched.returncode == 0, watched.stderr
        assert "luggage_loss" in watched.stdout
        assert "Travel Plus" in shell.run("jobs").stdout
        # The token of the session holds for little longer than it takes to be renewed.
        time.sleep(max(0.0, TOKEN_SECONDS - 58 - (time.time() - file.stat().st_mtime)))
        assert shell.run("jobs").returncode == 0
        second = tomllib.loads(file.read_text())
        assert second["token"] != first["token"]
        assert shell.run("logout").returncode == 0
        assert not file.exists()
        file.write_text(f'url = "{second["url"]}"\ntoken = "used up"\nrefresh = "{second["refresh"]}"\n')
        over = shell.run("jobs")
        assert over.returncode == 3
        assert "Your session has ended" in over.stderr
