"""What a hostile script in the page does to the one function through which the page tells us things."""

#: Calls the binding with what nobody should: a true report with something changed, or no report at all.
#: Answers how many were looked at: those that come too fast are not.
FUZZ = """async (calls) => {
    const long = 'x'.repeat(5000);
    const some = (list) => list[Math.floor(Math.random() * list.length)];
    const junk = () => some([undefined, null, NaN, -1, 2 ** 53, 1e400, '', long, '\\ud800', [], {}, true,
        '../../etc/passwd', 'file:///etc/passwd', '__proto__', {'$set': 1}, [[[[]]]], '1@c.us', '<script>']);
    const whole = () => some([
        {type: 'message', chat: '972541112233@c.us', participant: '', chatName: '', lid: '', fromMe: false,
         waId: '3A00FF', kind: 'text', text: 'hi', name: '', sentAt: 1790000000, attachment: null,
         payload: null, about: '', mentions: [], forwarded: false},
        {type: 'ack', chat: '972541112233@c.us', waId: '3A00FF', ack: 3},
        {type: 'changed', logout: null}, {type: 'beat', told: 1}]);
    const broken = () => {
        const report = whole();
        const change = some([
            () => { report[some(Object.keys(report))] = junk() ?? {}; },
            () => { report[`more${Math.random()}`] = junk() ?? null; },
            () => { delete report[some(Object.keys(report))]; }]);
        change();
        // what is still a whole report is no attack: without its type it is none
        if (some([true, false])) report.type = some(['eval', 'Message', '', 7, null, 'open']);
        else report.waId = some([7, '', 'no id', 'x'.repeat(200)]);
        return JSON.stringify(report);
    };
    const call = (n) => some([
        () => window.__chatgrowReport(broken(), junk()),
        () => window.__chatgrowReport(broken().slice(0, -1 - n % 40)),
        () => window.__chatgrowReport(junk(), junk(), junk()),
        () => window.__chatgrowReport(String.fromCharCode(n * 7 % 65536).repeat(40))])();
    let lookedAt = 0;
    for (let n = 0; n < calls; n += 500) {
        const answers = await Promise.allSettled(Array.from({length: 500}, async (_, m) => call(n + m)));
        lookedAt += answers.filter((answer) => answer.value === true).length;
    }
    return lookedAt;
}"""
