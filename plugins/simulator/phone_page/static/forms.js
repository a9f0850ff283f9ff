// The forms: a new person, a new chat, and what is sent besides texts and files.
import { call } from "./api.js";
import { avatar } from "./avatar.js";
import { bdi, h } from "./dom.js";
import { field, showDialog } from "./dialog.js";
import { hold, open } from "./hold.js";
import { person, store } from "./store.js";
import { dial, say } from "./words.js";

const digits = (text) => text.replace(/\D/g, "");

const numberField = (name = "number") =>
  field(
    say("number"),
    name,
    { type: "tel", dir: "ltr", required: true, placeholder: "+972 54 111 2233" },
    say("numberHint"),
  );

export function addPerson() {
  const content = [field(say("name"), "name", { required: true, maxLength: 60 }), numberField()];
  showDialog(say("addPerson"), content, {
    action: say("add"),
    submit: async ({ name, number }) => {
      const made = await call("register", { number: `+${digits(number)}`, name: name.trim() });
      hold(made.number);
    },
  });
}

/** Somebody known, or a number that is typed. */
export function newChat() {
  const others = store.people.filter((each) => each.number !== store.me);
  const { done } = showDialog(
    say("newChat"),
    [
      h(
        "ul",
        { class: "choice" },
        others.map(({ number, name }) =>
          h(
            "li",
            {},
            h(
              "button",
              { type: "button", onclick: () => (done(), open(number)) },
              avatar(number),
              bdi(name),
              bdi(dial(number), { class: "dial", dir: "ltr" }),
            ),
          ),
        ),
      ),
      numberField(),
      h("button", { type: "button", class: "plain", onclick: () => (done(), newGroup()) }, say("newGroup")),
    ],
    {
      action: say("start"),
      submit: async ({ number }) => {
        if (!person(digits(number))) throw new Error(say("notThere", { number: `+${digits(number)}` }));
        open(digits(number));
      },
    },
  );
}

export function sendLocation(send) {
  const where = (name, value) =>
    field(say(name), name, { type: "number", step: "any", required: true, value, dir: "ltr" });
  const content = [
    field(say("place"), "place"),
    field(say("address"), "address"),
    h("div", { class: "two" }, where("latitude", "32.0662"), where("longitude", "34.7778")),
  ];
  showDialog(say("location"), content, {
    action: say("send"),
    submit: ({ place, address, latitude, longitude }) =>
      send("send_location", {
        latitude: Number(latitude),
        longitude: Number(longitude),
        name: place,
        address,
      }),
  });
}

export function sendContact(send) {
  const content = [field(say("name"), "name", { required: true }), numberField()];
  showDialog(say("contact"), content, {
    action: say("send"),
    submit: ({ name, number }) =>
      send("send_contacts", { contacts: [{ name, number: `+${digits(number)}` }] }),
  });
}

export function sendPoll(send) {
  const several = h(
    "label",
    { class: "tick" },
    h("input", { type: "checkbox", name: "several" }),
    say("several"),
  );
  const options = [1, 2, 3, 4].map((count) =>
    field(say("option", { count }), "option", { required: count < 3, maxLength: 100 }),
  );
  showDialog(
    say("poll"),
    [field(say("question"), "question", { required: true, maxLength: 255 }), options, several],
    {
      action: say("send"),
      submit: ({ question, several: many }, form) => {
        const chosen = new FormData(form)
          .getAll("option")
          .map((each) => each.trim())
          .filter(Boolean);
        return send("send_poll", { question, options: chosen, choices: many ? 0 : 1 });
      },
    },
  );
}

/** A group of people who are picked; whoever makes it is its admin. */
export function newGroup() {
  const others = store.people.filter((each) => each.number !== store.me);
  const pick = ({ number, name }) =>
    h(
      "li",
      {},
      h(
        "label",
        { class: "tick" },
        h("input", { type: "checkbox", name: "member", value: number }),
        avatar(number),
        bdi(name),
      ),
    );
  const content = [
    field(say("subject"), "subject", { required: true, maxLength: 60 }),
    h("ul", { class: "choice" }, others.map(pick)),
  ];
  showDialog(say("newGroup"), content, {
    action: say("add"),
    submit: async ({ subject }, form) => {
      const members = [store.me, ...new FormData(form).getAll("member")];
      const made = await call("make_group", { name: subject.trim(), members, admins: [store.me] });
      open(made.id);
    },
  });
}
