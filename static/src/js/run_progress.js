odoo.define("mts_connector.run_progress", function (require) {
    "use strict";

    const {FieldProgressBar} = require("web.basic_fields");
    const registry = require("web.field_registry");

    // Longer than the server is silent after it has told of a run (PAUSE in background/news.py):
    // so what it did not tell of is there by the time the form is read.
    const DELAY = 2500;

    // How many bars want to hear of each run. A form that is drawn anew has two for a moment.
    const listeners = {};

    /**
     * The progress bar of a run. It is wide, and it moves by itself: when the server says that
     * something has come of the run, the form is read anew.
     *
     * Only the fields are read and not the form drawn anew, so that whoever works with the
     * keyboard stays where they are.
     */
    const RunProgress = FieldProgressBar.extend({
        /**
         * @override
         */
        init() {
            this._super(...arguments);
            this.channel = `mts.run/${this.res_id}`;
            listeners[this.channel] = (listeners[this.channel] || 0) + 1;
            this.call("bus_service", "onNotification", this, this._onNotifications);
            this.call("bus_service", "addChannel", this.channel);
        },

        /**
         * @override
         */
        destroy() {
            clearTimeout(this.timer);
            listeners[this.channel] -= 1;
            if (!listeners[this.channel]) {
                this.call("bus_service", "deleteChannel", this.channel);
            }
            this._super(...arguments);
        },

        /**
         * @override
         */
        _render() {
            const result = this._super(...arguments);
            this.$(".o_progress").addClass("w-75 bg-200");
            return result;
        },

        _onNotifications(notifications) {
            if (notifications.some((news) => this._isMine(news))) {
                this.isStale = true;
                this._readSoon();
            }
        },

        /**
         * Read the form after the delay, and once more when it has become stale meanwhile.
         */
        _readSoon() {
            if (this.isStale && !this.timer) {
                this.isStale = false;
                this.timer = setTimeout(() => {
                    this.timer = null;
                    this._readForm();
                    this._readSoon();
                }, DELAY);
            }
        },

        _isMine(news) {
            // Odoo 14 puts the channel in front.
            const {type, payload} = Array.isArray(news) ? news[1] : news;
            return type === "mts.run" && payload.id === this.res_id;
        },

        _readForm() {
            // The form of somebody who went back to the list is kept for a while.
            if (document.contains(this.el)) {
                const fieldNames = Object.keys(this.record.fieldsInfo[this.viewType]);
                this.trigger_up("reload", {fieldNames});
            }
        },
    });

    registry.add("mts_run_progress", RunProgress);
    return RunProgress;
});
