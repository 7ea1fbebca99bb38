# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import psycopg2
from lxml import etree
from odoo import api, models, tools

# What each view of contacts gets: ours, which hold nothing else, by the type of the view.
PARTS = {
    "form": "mts_connector.res_partner_view_form",
    "search": "mts_connector.res_partner_view_search",
}


class MtsRegistrantForm(models.AbstractModel):
    """Shows where a registrant stands, in whichever form the registry has for its contacts.

    Each registry has forms, lists and filters of its own, which know nothing of MOSIP.
    """

    _name = "mts.registrant.form"
    _description = "MOSIP in the Views of Contacts"

    @api.model
    def _fields_view_get(self, view_id=None, view_type="form", toolbar=False, submenu=False):
        if view_type == "form" and not view_id and self.env.context.get("mts_registrants"):
            view_id = self._registrant_form()
        result = super()._fields_view_get(
            view_id=view_id, view_type=view_type, toolbar=toolbar, submenu=submenu
        )
        part = self._registrant_part(view_type)
        if part and result.get("view_id") != part.id:
            ours = super()._fields_view_get(view_id=part.id, view_type=view_type)
            arch, ours = etree.fromstring(result["arch"]), etree.fromstring(ours["arch"])
            if view_type == "search":
                _add_to_search(arch, ours)
            elif self._is_about_registrants(arch, result.get("view_id")):
                self._fit_vid(ours)
                _add_to_form(arch, ours)
                _point_at(arch, self.env.context.get("mts_question") or ())
            result["arch"] = etree.tostring(arch, encoding="unicode")
        return result

    @api.model
    def _registrant_part(self, view_type):
        """Return the view of what is added for this user."""
        if view_type in PARTS and self.user_has_groups("mts_connector.group_user"):
            return self.env.ref(PARTS[view_type], raise_if_not_found=False)
        return None

    @api.model
    def _is_about_registrants(self, arch, view_id):
        """Tell a registry's own form, or Odoo's, from dialogs and others: it has pages."""
        if not arch.xpath("//notebook[not(ancestor::field)]"):
            return False
        if arch.xpath("//field[@name='is_registrant' or @name='reg_ids']"):
            return True
        odoos, view = self.env.ref("base.view_partner_form"), self.env["ir.ui.view"].sudo()
        view = view.browse(view_id)
        while view and view != odoos:
            view = view.inherit_id
        return bool(view)

    @api.model
    def _fit_vid(self, ours):
        """Show nobody the contact's own VID where the registry keeps VIDs elsewhere."""
        if self._mosip_store()._name == "mts.identity.store.partner":
            return
        for field in ours.xpath("//field[@name='mosip_vid']"):
            field.getparent().remove(field)
        for field in ours.xpath("//field[@name='mosip_vid_masked']"):
            field.attrib.pop("groups", None)

    @api.model
    def _registrant_form(self, names=()):
        """Return the id of the form that shows the most of these fields, and of what is sent.

        The registry's own form is rarely the first that Odoo finds.
        """
        connectors = self.env["mts.connector"].sudo().search([])  # pylint: disable=no-search-all
        return self._best_form(frozenset(names), frozenset(connectors._sent_fields()))

    @api.model
    @tools.ormcache("self.env.uid", "names", "sent")
    def _best_form(self, names, sent):
        """Return the id of the form that shows the most of these fields to this user.

        Odoo forgets it when a view or somebody's groups change.
        """
        forms = self.env["ir.ui.view"].sudo()
        forms = forms.search(
            [
                ("model", "=", "res.partner"),
                ("type", "=", "form"),
                ("mode", "=", "primary"),
                ("id", "!=", self.env.ref(PARTS["form"]).id),
            ],
            order="priority, name, id",
        )

        def shown(form):
            found = self._shown_by(form.id)
            return len(found & names), len(found & sent)

        return max(forms, key=shown, default=forms).id

    @api.model
    def _shown_by(self, view_id):
        """Return the names of the fields that a form of contacts shows."""
        plain = self.with_context(mts_registrants=False, mts_question=False)
        try:
            arch = plain.fields_view_get(view_id, "form")["arch"]
        except psycopg2.Error:
            raise
        except Exception:  # noqa: BLE001  (whatever is wrong with a view of another addon)
            # It would open for nobody. The others do.
            return set()
        return {node.get("name") for node in _visible_fields(etree.fromstring(arch))}


def _add_to_form(arch, ours):
    """Add our page, and what has to be done on top."""
    arch.xpath("//notebook[not(ancestor::field)]")[0].append(ours.find(".//page[@name='mosip']"))
    sheet = arch.find(".//sheet")
    banner = ours.find(".//div[@name='mosip_to_do']")
    if sheet is not None:
        sheet.addprevious(banner)
    else:
        arch.insert(0, banner)


def _add_to_search(arch, ours):
    arch.append(etree.Element("separator"))
    arch.append(ours.find(".//filter[@name='mosip_duplicates']"))


def _visible_fields(arch):
    """Yield the fields of the contact itself that a person sees, in order."""
    for node in arch.iterfind(".//field"):
        inside = next(node.iterancestors("field"), None)
        if inside is None and node.get("invisible") not in ("1", "True", "true"):
            yield node


def _point_at(arch, names):
    """Put the focus on the first of these fields, and mark all of them."""
    asked = [node for node in _visible_fields(arch) if node.get("name") in names]
    if not asked:
        return
    for node in arch.iterfind(".//*[@default_focus]"):
        node.set("default_focus", "0")
    asked[0].set("default_focus", "1")
    for page in asked[0].iterancestors("page"):
        for sibling in page.getparent():
            sibling.attrib.pop("autofocus", None)
        page.set("autofocus", "autofocus")
    for node in asked:
        node.set("class", f"{node.get('class', '')} border border-warning".strip())
