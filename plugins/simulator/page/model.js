// Models with observable attributes. `set` announces `change:<name>` with (model, value, previous), on the
// model and on every collection that holds it: that is the only thing wa-js listens to.
'use strict';
(() => {
  __d('WAWebEventEmitter', (exports) => {
    exports.default = class EventEmitter {
      on(names, listener) {
        if (typeof listener !== 'function') throw new Error('Callback parameter passed is not a function');
        const listeners = this.listeners();
        for (const name of names.split(' ')) (listeners[name] ??= []).push(listener);
        return this;
      }

      once(name, listener) {
        const wrapped = (...args) => {
          this.off(name, wrapped);
          listener.apply(this, args);
        };
        wrapped.original = listener;
        return this.on(name, wrapped);
      }

      off(name, listener) {
        const listeners = this.listeners();
        const others = (each) => each !== listener && each.original !== listener;
        listeners[name] = (listeners[name] ?? []).filter(others);
        return this;
      }

      trigger(name, ...args) {
        const listeners = this.listeners();
        for (const listener of [...(listeners[name] ?? [])]) listener.apply(this, args);
        return this;
      }

      // Held under a symbol, so that a model's listeners are never taken for one of its attributes.
      listeners() {
        return (this[LISTENERS] ??= Object.create(null));
      }
    };
  });
  const LISTENERS = Symbol('listeners');

  __d('WAWebBaseModel', (exports, require) => {
    const EventEmitter = require('WAWebEventEmitter').default;

    exports.BaseModel = class BaseModel extends EventEmitter {
      constructor(attributes = {}) {
        super();
        Object.defineProperty(this, 'attributes', { value: {} });
        Object.defineProperty(this, 'collections', { value: new Set() });
        for (const [name, value] of Object.entries(attributes)) {
          expose(this, name);
          this.attributes[name] = value;
        }
      }

      set(name, value) {
        const changes = typeof name === 'object' ? name : { [name]: value };
        for (const [key, next] of Object.entries(changes)) {
          const previous = this.attributes[key];
          expose(this, key);
          this.attributes[key] = next;
          if (previous !== next) this.trigger(`change:${key}`, this, next, previous);
        }
        return this;
      }

      unset(name) {
        return this.set(name, undefined);
      }

      trigger(name, ...args) {
        super.trigger(name, ...args);
        for (const collection of this.collections ?? []) collection.trigger(name, ...args);
        return this;
      }

      serialize() {
        return { ...this.attributes };
      }

      toJSON() {
        return this.serialize();
      }
    };

    // Attributes a model has before anyone set them live on its prototype; others appear with their value.
    exports.defineModel = (Model, proxyName, props) => {
      Model.prototype.proxyName = proxyName;
      Model.prototype.__props = props;
      for (const name of props) expose(Model.prototype, name);
      return Model;
    };

    function expose(target, name) {
      if (name in target) return;
      Object.defineProperty(target, name, {
        configurable: true,
        enumerable: true,
        get() { return this.attributes?.[name]; },
        set(value) { this.set(name, value); },
      });
    }
  });
})();
