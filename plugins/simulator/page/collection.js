// Collections of models by id: `add` announces each new model once; a known id merges into what is there.
'use strict';
(() => {
  __d('WAWebBaseCollection', (exports, require) => {
    const EventEmitter = require('WAWebEventEmitter').default;

    exports.BaseCollection = class BaseCollection extends EventEmitter {
      constructor(Model) {
        super();
        this.Model = Model;
        this.byId = new Map();
      }

      get models() { return [...this.byId.values()]; }
      get length() { return this.byId.size; }
      getModelsArray() { return this.models; }
      map(visit) { return this.models.map(visit); }
      filter(test) { return this.models.filter(test); }
      forEach(visit) { this.models.forEach(visit); }
      some(test) { return this.models.some(test); }
      findFirst(test) { return this.models.find(test); }

      // `key` is an id in any form, or something that carries one.
      get(key) {
        if (key == null) return undefined;
        const id = typeof key === 'object' && key.id !== undefined && !key._serialized ? key.id : key;
        return this.byId.get(String(id));
      }

      async find(key) {
        return this.get(key);
      }

      add(items) {
        return (Array.isArray(items) ? items : [items]).map((item) => this.addOne(item));
      }

      addOne(item) {
        const known = this.get(item.id);
        if (known) return known === item ? known : known.set(item.attributes ?? item);
        const model = item instanceof this.Model ? item : new this.Model(item);
        this.byId.set(String(model.id), model);
        model.collections.add(this);
        this.trigger('add', model, this);
        return model;
      }

      remove(key) {
        const model = this.get(key);
        if (!model) return undefined;
        this.byId.delete(String(model.id));
        model.collections.delete(this);
        this.trigger('remove', model, this);
        return model;
      }
    };
  });

  __d('WAWebCollection', (exports, require) => {
    const { BaseCollection } = require('WAWebBaseCollection');

    exports.default = class Collection extends BaseCollection {
      constructor(Model) {
        if (!Model) throw new Error('Collection initialized without model');
        super(Model);
      }
    };
  });
})();
