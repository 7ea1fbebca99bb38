# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""Odoo's web client as somebody at a desk uses it, the same for both series."""

import re
import time

from playwright.sync_api import expect

TIMEOUT_MILLISECONDS = 60_000
POLL_MILLISECONDS = 200
APPS = {"14.0": ".o_menu_apps > li > a", "15.0": ".o_navbar_apps_menu button"}
#: What the browser calls it when a page that was left does not want the answer any more.
GIVEN_UP = "ERR_ABORTED"

expect.set_options(timeout=TIMEOUT_MILLISECONDS)


class Desk:
    """One person's browser window. `complaints` is what went wrong in it behind the scenes."""

    def __init__(self, page, series):
        self.page = page
        self.series = series
        self.complaints = []
        page.set_default_timeout(TIMEOUT_MILLISECONDS)
        page.on("console", self._on_console)
        page.on("pageerror", lambda error: self.complaints.append(f"error: {error}"))
        page.on("requestfailed", self._on_failed)
        page.on("response", self._on_response)

    def log_in(self, login, password):
        # What it loads late would fail when the form is sent away too early.
        self.page.goto("/web/login", wait_until="networkidle")
        self.page.fill("input[name=login]", login)
        self.page.fill("input[name=password]", password)
        self.page.click("button[type=submit]")
        expect(self.page.locator(".o_main_navbar")).to_be_visible()

    def open_menu(self, *names):
        """Choose an app by its name, and then what is below it."""
        app, *sections = names
        self.page.evaluate(_MARK)
        self.page.click(APPS[self.series])
        self.page.click(f".o_app:has-text('{app}')")
        self.page.wait_for_function(_IS_ANOTHER)
        if sections:
            self.page.evaluate(_MARK)
            for name in sections:
                self.page.locator(".o_main_navbar").get_by_text(name, exact=True).last.click()
            self.page.wait_for_function(_IS_ANOTHER)
        self.settle()

    def press(self, label):
        """Press a button of the dialog on top, else of the page."""
        self.top.get_by_role("button", name=label, exact=True).first.click()
        self.settle()

    def confirm(self, question):
        """Say yes to a question, which has to say this."""
        dialog = self.page.locator(".modal:visible").last
        expect(dialog).to_contain_text(question)
        dialog.locator("footer .btn-primary").click()
        self.settle()

    def open_tab(self, name):
        self.top.locator(".nav-tabs").get_by_text(name, exact=True).click()

    def field(self, name):
        return self.top.locator(f".o_field_widget[name={name}]").first

    def type(self, name, text):
        """Fill in a text field."""
        field = self.field(name)
        box = field.locator("input, textarea").first if field.evaluate(_IS_WRAPPER) else field
        box.fill(text)
        box.press("Tab")
        self.settle()

    def type_code(self, name, text):
        """Fill in a code editor, over what is there."""
        editor = self.field(name)
        editor.locator(".ace_content").click()
        self.page.keyboard.press("Control+a")
        self.page.keyboard.insert_text(text)
        self.page.keyboard.press("Tab")
        self.settle()

    def value(self, name):
        """What stands in a text field or code editor."""
        return self.field(name).evaluate(_VALUE)

    def percent(self):
        """How far the progress bar is."""
        return int(re.search(r"\d+", self.field("progress").inner_text()).group())

    def state(self):
        """Where the status bar stands."""
        return self.page.locator(".o_statusbar_status [aria-checked=true]").inner_text().strip()

    def wait_until(self, condition, look):
        """Look again until what is shown is so."""
        deadline = time.monotonic() + TIMEOUT_MILLISECONDS / 1000
        while not condition():
            assert time.monotonic() < deadline, self.page.inner_text("body")
            look()
            self.page.wait_for_timeout(POLL_MILLISECONDS)

    def open_row(self, *texts):
        """Open the line of a list that has all these texts."""
        self.row(*texts).locator("td:not(.o_list_record_selector)").first.click()
        self.settle()

    def open_group(self, text):
        """Unfold a group of a list."""
        self.page.locator(".o_group_header").filter(has_text=text).click()
        expect(self.page.locator(".o_data_row").first).to_be_visible()
        self.settle()

    def row(self, *texts):
        rows = self.page.locator(".o_list_view tbody tr")
        for text in texts:
            rows = rows.filter(has_text=text)
        return rows.first

    def look_again(self):
        """Odoo 15 shows what has changed by itself; in 14 one presses F5."""
        if self.series == "15.0":
            return
        self.page.reload()
        expect(self.page.locator(".o_form_view, .o_list_view").first).to_be_visible()
        self.settle()

    def settle(self):
        """Wait until the web client does nothing any more."""
        self.page.wait_for_function(_IS_IDLE)

    @property
    def dialog(self):
        return self.page.locator(".modal:visible").last

    @property
    def top(self):
        dialog = self.page.locator(".modal:visible")
        return dialog.last if dialog.count() else self.page.locator("body")

    def _on_console(self, message):
        if message.type == "error":
            self.complaints.append(f"console: {message.text}")

    def _on_failed(self, request):
        if GIVEN_UP not in request.failure:
            self.complaints.append(f"failed: {request.url} {request.failure}")

    def _on_response(self, response):
        if response.status >= 400:
            self.complaints.append(f"{response.status}: {response.url}")


#: Tells the screen that a menu opens from the one before.
_MARK = "document.querySelectorAll('.o_content').forEach(part => { part.dataset.before = 1; })"
_IS_ANOTHER = """() => {
    const parts = [...document.querySelectorAll(".o_content")];
    return parts.length > 0 && parts.every(part => !part.dataset.before);
}"""
_IS_WRAPPER = "element => !['INPUT', 'TEXTAREA', 'SELECT'].includes(element.tagName)"
_VALUE = """element => {
    const editor = element.querySelector(".ace_editor");
    if (editor) {
        return editor.env.editor.getValue();
    }
    return (element.querySelector("input, textarea") || element).value;
}"""
_IS_IDLE = """() => {
    const shown = document.querySelector(".o_loading, .o_loading_indicator");
    return !document.querySelector(".blockUI, .o_blockUI") && (!shown || !shown.offsetParent);
}"""


class Mts:
    """The control door of the simulated MTS."""

    DEADLINE_SECONDS = 60

    def __init__(self, request):
        self._request = request

    def get(self, path):
        return self._request.get(f"/simulator/{path}").json()

    def post(self, path, body):
        assert self._request.post(f"/simulator/{path}", data=body).ok

    def wait_for_held(self):
        """Until results are ready that it keeps back."""
        deadline = time.monotonic() + self.DEADLINE_SECONDS
        while not self.get("idle?timeout=0.5")["held"]:
            assert time.monotonic() < deadline, "MTS has not been asked for anything"


class Rpc:
    """JSON-RPC with a session of its own."""

    def __init__(self, request, login, password):
        self._request = request
        page = request.get("/web/login").text()
        token = re.search(r'name="csrf_token" value="([^"]+)"', page).group(1)
        form = {"login": login, "password": password, "csrf_token": token}
        request.post("/web/login", form=form)

    def call(self, model, method, *args, **kwargs):
        params = {"model": model, "method": method, "args": args, "kwargs": kwargs}
        body = {"jsonrpc": "2.0", "method": "call", "params": params}
        answer = self._request.post("/web/dataset/call_kw", data=body).json()
        assert "error" not in answer, answer["error"]
        return answer["result"]

    def number_of(self, name):
        """The id of the record with this external name."""
        module, name = name.split(".")
        domain = [("module", "=", module), ("name", "=", name)]
        return self.call("ir.model.data", "search_read", domain, ["res_id"])[0]["res_id"]
