# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
"""What the tests of ODK Central share: a form, submissions, and a connector that fetches them."""

from datetime import timedelta, timezone

from .fault_case import FaultCase


class OdkMixin:
    """The simulator is ODK Central as well. Registrants are those whom the form makes."""

    def setUp(self):
        super().setUp()
        self.sender = self.create_connector(search_domain='[("function", "=", "from ODK")]')
        self.start = self.now() - timedelta(hours=1)

    def create_odk_connector(self, **values):
        values = {
            "name": "Field",
            "input_type": "odk",
            "odk_url": self.simulator.url,
            "odk_project": "1",
            "odk_form": "registration",
            "odk_email": self.simulator.settings.odk_email,
            "odk_password": self.simulator.settings.odk_password,
            "odk_pulled_until": self.start,
            "odk_delay_minutes": 0,
            "registry_connector_id": self.sender.id,
            **values,
        }
        return self.create_connector(**values)

    def submit(self, at=None, **answers):
        """Have a form submitted, and return what ODK Central calls it."""
        answers = {
            "vid": self.new_vid(),
            "given_name": "Amina",
            "addl_name": None,
            "family_name": "Diallo",
            "gender": "Female",
            "birthdate": "1990-05-17",
            "phone": None,
            "email": None,
            "address": "12 Harbour Road",
            **answers,
        }
        at = (at or self.start + timedelta(minutes=30)).replace(tzinfo=timezone.utc)
        return self.simulator.submit(answers, at=at)[0]

    def submit_many(self, count, **answers):
        return [self.submit(given_name=f"Person {number}", **answers) for number in range(count)]

    def vid_given(self, instance):
        """Return the VID that was typed into the form."""
        for submission in self.simulator.settings.submissions:
            if submission["__id"] == instance:
                return submission["vid"]
        raise KeyError(instance)

    def submission(self, instance, connector=None):
        domain = [("instance_id", "=", instance)]
        if connector:
            domain.append(("connector_id", "=", connector.id))
        return self.env["mts.submission"].search(domain)

    def registrant(self, instance):
        return self.submission(instance).partner_id

    def windows(self):
        """Return from when until when MTS was to fetch, for each POST in order."""
        return [post["window"] for post in self.simulator.ledger.posts if post["window"]]

    def let_time_pass(self, records, **delta):
        """As for others, but what was submitted when stays as it is."""
        windows = {}
        if records._name == "mts.request":
            windows = {request: (request.window_from, request.window_until) for request in records}
        result = super().let_time_pass(records, **delta)
        for request, (start, end) in windows.items():
            request.write({"window_from": start, "window_until": end})
        return result

    def end_run(self, connector):
        """Let the background job close what is finished."""
        self.start_slice(connector)
        return connector.run_ids[:1]


class OdkCase(OdkMixin, FaultCase):
    pass
