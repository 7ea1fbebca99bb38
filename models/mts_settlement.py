# Copyright 2026 MTS Connector contributors
# License LGPL-3.0 or later (https://www.gnu.org/licenses/lgpl).
import logging
from collections import Counter, defaultdict
from typing import NamedTuple, Optional

import psycopg2
from odoo import _, api, models

from .. import server_config
from ..log_error import log_error
from ..mts import answer as answers
from ..mts import signature
from .mts_request_answers import NO_ANSWER

_logger = logging.getLogger(__name__)

NOT_STORED = "MTC-NOT-STORED"
STORE_FAILS = "MTC-STORE-FAILS"

# When not one token of so many can be stored, it is not the registrants.
BROKEN_AFTER = 3

# What settling looks at of a connector. It comes with the keys, or Odoo would read all of it.
LOOKED_AT = ("identity_store", "attention")


class Row(NamedTuple):
    """A record as a delivery finds it."""

    id: int
    connector_id: int
    partner_id: int
    request_id: int
    state: str
    error_code: Optional[str]

    def is_changed_by(self, ref, answer):
        """Tell whether the answer changes anything.

        A token is welcome however late it comes. A refusal counts only for the last request, and
        only while nothing better is known.
        """
        if answer.status == answers.PROCESSED:
            return self.state != "tokenized"
        unanswered = self.state in ("pending", "lost") or self.error_code == NO_ANSWER
        return unanswered and self.request_id == ref.request_id


class MtsSettlement(models.AbstractModel):
    """What answers change.

    A whole batch is settled with a few statements: what is asked for each registrant by itself
    costs most of an import.
    """

    _name = "mts.settlement"
    _description = "Settlement of Answers"

    @api.model
    def _settle(self, delivered):
        """Act on answers, each only where it proves whose it is.

        :param delivered: list of (:class:`~..mts.signature.Reference`,
            :class:`~..mts.answer.Answer`)
        :return: how many told something new
        """
        keys, awaited = self._keys_and_awaited([ref for ref, _answer in delivered])
        delivered = [
            (ref, answer)
            for ref, answer in delivered
            # What was given along with a request that is answered, or cleared away, is worth
            # nothing any more, whoever has got hold of it.
            if signature.is_ours(ref, keys[ref.record_id]) and ref.request_id in awaited
        ]
        news = self._news(delivered, keys)
        tokens, refusals = {}, {}
        for row, answer in news.items():
            accepted = answer.status == answers.PROCESSED
            (tokens if accepted else refusals)[row] = answer
        states = {**self._accept(tokens), **self._refuse(refusals)}
        self._count(states, {ref.request_id for ref, _answer in delivered})
        self._judge(news, states)
        return len(news)

    # -- whose it is -----------------------------------------------------------------------------

    @api.model
    def _keys_and_awaited(self, refs):
        """Return ``{record id: key of its proofs}``, and the ids of the requests that can still be
        answered, be it late.

        Where the key is too short to be used, or the record is not there, it is a key that nobody
        knows: a forged reference takes the same time, whatever it names.
        """
        self.env["base"].flush()
        looked_at = ", ".join(f"connector.{name}" for name in LOOKED_AT)
        self.env.cr.execute(
            f"""
            SELECT connector.id, connector.hmac_key, records.ids, requests.ids, {looked_at}
            FROM mts_connector connector
            LEFT JOIN (
                SELECT connector_id, array_agg(id) AS ids FROM mts_record
                WHERE id = ANY(%s) GROUP BY connector_id
            ) records ON records.connector_id = connector.id
            LEFT JOIN (
                SELECT connector_id, array_agg(id) AS ids FROM mts_request
                WHERE id = ANY(%s) AND state != 'answered' GROUP BY connector_id
            ) requests ON requests.connector_id = connector.id
            """,  # noqa: S608
            [[ref.record_id for ref in refs], list({ref.request_id for ref in refs})],
            log_exceptions=False,
        )
        keys, awaited = defaultdict(signature.new_key), set()
        for connector_id, stored, record_ids, request_ids, *values in self.env.cr.fetchall():
            self._remember(connector_id, values)
            awaited.update(request_ids or ())
            key = server_config.get("hmac_key", connector_id) or stored or ""
            if signature.is_strong(key):
                keys.update(dict.fromkeys(record_ids or (), key))
        return keys, awaited

    @api.model
    def _remember(self, connector_id, values):
        connector = self.env["mts.connector"].browse(connector_id)
        for name, value in zip(LOOKED_AT, values):
            self.env.cache.set(connector, connector._fields[name], value)

    @api.model
    def _lock(self, record_ids):
        """Lock the records and their registrants, in the order of their ids.

        With them whatever is written along, such as the household that several of them are in:
        another delivery for it is better met before the work than after.

        With the rows locked no later statement can fail for a concurrent change; PostgreSQL's
        driver would quote its parameters in the log.

        :return: ``{id: Row}``
        """
        self.env["base"].flush()
        columns = ", ".join(Row._fields)
        self.env.cr.execute(
            f"SELECT {columns} FROM mts_record WHERE id = ANY(%s) ORDER BY id FOR UPDATE",  # noqa: S608
            [record_ids],
            log_exceptions=False,
        )
        rows = [Row(*values) for values in self.env.cr.fetchall()]
        self._lock_partners([row.partner_id for row in rows])
        return {row.id: row for row in rows}

    @api.model
    def _lock_partners(self, ids):
        """Lock registrants, and see what token they have on the contact."""
        partners = self.env["res.partner"].browse(ids)
        self.env.cr.execute(
            """
            SELECT id, mosip_auth_token FROM res_partner WHERE id = ANY(%s)
            ORDER BY id FOR NO KEY UPDATE
            """,
            [(partners + partners._mts_written_along()).ids],
            log_exceptions=False,
        )
        field = partners._fields["mosip_auth_token"]
        if field.store:
            for partner_id, token in self.env.cr.fetchall():
                self.env.cache.set(partners.browse(partner_id), field, token)

    @api.model
    def _news(self, delivered, keys):
        """Return ``{row: answer}`` of what is proven and not known yet."""
        rows = self._lock([ref.record_id for ref, _answer in delivered])
        vids = self._from_stores(rows.values(), "_read_vids")
        news = {}
        for ref, answer in delivered:
            row, vid = rows.get(ref.record_id), vids.get(ref.record_id)
            if not vid or not signature.proves(ref, keys[row.id], vid):
                continue
            # Of several in one delivery the first token counts, or else the first refusal.
            known = news.get(row)
            if known is None:
                better = row.is_changed_by(ref, answer)
            else:
                better = answer.status == answers.PROCESSED != known.status
            if better:
                news[row] = answer
        return news

    @api.model
    def _from_stores(self, rows, method):
        """Return ``{record id: VID or token}`` of those whose registrant has one.

        :param method: that of the identity store which reads it
        """
        found = {}
        for connector, mine in self._by_connector(rows).items():
            if not connector._has_store():
                continue
            partners = self.env["res.partner"].browse([row.partner_id for row in mine])
            values = getattr(connector._store(), method)(partners)
            found.update(
                {row.id: values[row.partner_id] for row in mine if row.partner_id in values}
            )
        return found

    @api.model
    def _by_connector(self, rows):
        grouped = defaultdict(list)
        for row in rows:
            grouped[row.connector_id].append(row)
        connectors = self.env["mts.connector"]
        return {connectors.browse(id_): mine for id_, mine in grouped.items()}

    @api.model
    def _records(self, rows):
        return self.env["mts.record"].browse([row.id for row in rows])

    # -- tokens ----------------------------------------------------------------------------------

    @api.model
    def _accept(self, tokens):
        """Store the tokens, except where there is another one: a person must look at that.

        :param tokens: ``{row: answer}``
        :return: ``{row: new state}``
        """
        stored = self._from_stores(tokens, "_read_tokens")
        present = {row.partner_id: stored[row.id] for row in tokens if row.id in stored}
        good, offers = [], {}
        for row, answer in tokens.items():
            if present.setdefault(row.partner_id, answer.token) == answer.token:
                good.append(row)
            else:
                offers[self._records([row])] = (answer.reference, answer.token)
        if offers:
            self.env["mts.record"]._dispute(offers)
        states = dict.fromkeys(tokens, "conflict")
        for connector, rows in self._by_connector(good).items():
            states.update(self._store(connector, {row: tokens[row].token for row in rows}))
        return states

    @api.model
    def _store(self, connector, tokens):
        """Have the registry store the tokens.

        One registrant whom the registry does not let be saved must not keep the others from
        theirs, and is rejected.

        :param tokens: ``{row: token}``
        :return: ``{row: new state}``
        """
        states = dict.fromkeys(tokens, "tokenized")
        error = self._try_to_store(connector, tokens)
        if not error:
            return states
        if len(tokens) > 1:
            _logger.info("%s tokens are stored one by one: %s", len(tokens), error)
        failed = {}
        for row, token in tokens.items():
            error = self._try_to_store(connector, {row: token})
            if error:
                failed[row] = error
        nobody = len(failed) == len(tokens) >= BROKEN_AFTER
        for row, error in failed.items():
            self._records([row])._reject(
                STORE_FAILS if nobody else NOT_STORED,
                _("The registry did not take the token (%s).", error),
            )
        return {**states, **dict.fromkeys(failed, "rejected")}

    @api.model
    def _try_to_store(self, connector, tokens):
        """Have the tokens stored, all of them or none.

        :return: the name of the error, or None. Its words may quote the token
        """
        try:
            with self.env.cr.savepoint():
                connector._store()._store_tokens(
                    {row.partner_id: token for row, token in tokens.items()}
                )
                self._records(tokens)._be_tokenized()
        except psycopg2.OperationalError:
            # A matter of the moment: Odoo takes the whole delivery once again.
            raise
        except Exception as error:  # noqa: BLE001  (whatever another addon comes up with)
            if len(tokens) == 1:
                (row,) = tokens
                log_error(_logger, f"Token of record {row.id} not stored", error)
            return type(error).__name__
        return None

    # -- refusals --------------------------------------------------------------------------------

    @api.model
    def _refuse(self, refusals):
        """Keep the refusals.

        :param refusals: ``{row: answer}``
        :return: ``{row: new state}``
        """
        same = defaultdict(list)
        for row, answer in refusals.items():
            same[answer.code, answer.message].append(row)
        for (code, reason), rows in same.items():
            self._records(rows)._reject(code, reason)
        return dict.fromkeys(refusals, "rejected")

    # -- what follows ----------------------------------------------------------------------------

    @api.model
    def _count(self, states, delivered=()):
        """Have the requests count what has become of their records.

        :param states: ``{row: new state}``
        :param delivered: ids of the requests that something was delivered for
        """
        changes = {request_id: Counter() for request_id in delivered}
        for row, state in states.items():
            if row.request_id:
                change = changes.setdefault(row.request_id, Counter())
                change[state] += 1
                change[row.state] -= 1
        self.env["mts.request"]._count(changes, delivered)

    @api.model
    def _judge(self, news, states):
        """Tell the connectors whether MOSIP takes registrants.

        What MTS has found invalid it did not pass on: that says nothing about MOSIP.
        """
        judged = [row for row, answer in news.items() if answer.status != answers.INVALID]
        for connector, rows in self._by_connector(judged).items():
            refused = [row for row in rows if states[row] == "rejected"]
            connector._judge(self._records(refused), len(refused) < len(rows))
