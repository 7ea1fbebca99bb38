odoo.define("mts_connector.code_field", function (require) {
    "use strict";

    const basicFields = require("web.basic_fields");
    const registry = require("web.field_registry");

    /**
     * Odoo's code editor for JSON and jq. It has no mode for them that works, but that of Python
     * knows their texts, numbers, brackets and comments, too. Unlike Odoo's it wraps long lines,
     * lets Tab leave the field, closes no brackets by itself, and has a name for screen readers.
     */
    const CodeField = basicFields.AceEditor.extend({
        /**
         * @override
         */
        init() {
            this._super(...arguments);
            this.nodeOptions.mode = "python";
        },

        /**
         * @override
         */
        getFocusableElement() {
            return this.$("textarea");
        },

        /**
         * @override
         */
        _startAce() {
            this._super(...arguments);
            this.aceSession.setUseWrapMode(true);
            this.aceEditor.setOptions({behavioursEnabled: false, highlightActiveLine: false});
            // What is wrong is told by its line.
            this.aceEditor.renderer.setShowGutter(true);
            this.aceEditor.commands.bindKeys({Tab: null, "Shift-Tab": null});
            this.getFocusableElement().attr("aria-label", this.string);
            this.$el.toggleClass("border", this.mode === "edit");
        },
    });

    registry.add("mts_code", CodeField);
    return CodeField;
});
