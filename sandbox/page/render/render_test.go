package render_test

import (
	"encoding/json"
	"fmt"
	"strings"
	"testing"
	"time"

	"herald/sandbox/page/render"
)

// directory names one person, one channel and one group.
type directory struct{}

func (directory) UserName(id string) (string, bool) {
	name, ok := map[string]string{"U1": "ann", "U2": "<b>*bobby*</b>"}[id]
	return name, ok
}

func (directory) ChannelName(id string) (string, bool) { return "jobs", id == "C1" }

func (directory) GroupName(id string) (string, bool) { return "hr", id == "S1" }

func surface() render.Surface {
	return render.Surface{
		ID: "s", Reader: "U1", Names: directory{}, Zone: time.FixedZone("", 3600),
		Now: time.Date(2026, 11, 22, 23, 30, 0, 0, time.UTC), Act: "/act", Search: "/choices",
	}
}

func TestMrkdwn(t *testing.T) {
	t.Parallel()
	for in, want := range map[string]string{
		"plain":                                 "plain",
		"a *bold* word":                         "a <b>bold</b> word",
		"_italic_ ~gone~":                       "<i>italic</i> <s>gone</s>",
		"*_both_*":                              "<b><i>both</i></b>",
		"snake_case_name 2*3*4":                 "snake_case_name 2*3*4",
		"* not bold *":                          "* not bold *",
		"**":                                    "**",
		"*open":                                 "*open",
		"*over\nlines*":                         "*over<br>lines*",
		"`*code*` &amp;":                        "<code>*code*</code> &amp;",
		"```\nlet x = <https://a.example>\n```": "<pre>let x = https://a.example</pre>",
		"&lt;script&gt;":                        "&lt;script&gt;",
		"<script>alert(1)</script>":             "&lt;script&gt;alert(1)&lt;/script&gt;",
		"&quot;&#39;":                           "&amp;quot;&amp;#39;",
		`"quoted" 'quoted'`:                     "&#34;quoted&#34; &#39;quoted&#39;",
		"<https://a.example|a *link*>":          `<a href="https://a.example" target="_blank" rel="noopener noreferrer">a *link*</a>`,
		"see https://a.example/x?a=1&amp;b=2.":  `see <a href="https://a.example/x?a=1&amp;b=2" target="_blank" rel="noopener noreferrer">https://a.example/x?a=1&amp;b=2</a>.`,
		"<javascript:alert(1)|click>":           "&lt;javascript:alert(1)|click&gt;",
		`<https://a.example/"onclick=x|hi>`:     `<a href="https://a.example/&#34;onclick=x" target="_blank" rel="noopener noreferrer">hi</a>`,
		"<mailto:a@b.example|write>":            `<a href="mailto:a@b.example" target="_blank" rel="noopener noreferrer">write</a>`,
		"<@U1>":                                 `<span class="mention me" data-user="U1"><bdi>@ann</bdi></span>`,
		"*<@U2>*":                               `<b><span class="mention" data-user="U2"><bdi>@&lt;b&gt;*bobby*&lt;/b&gt;</bdi></span></b>`,
		"<@U0|x>":                               `<span class="mention" data-user="U0"><bdi>@U0</bdi></span>`,
		"<#C1> <#C9>":                           `<span class="mention" data-channel-ref="C1">#jobs</span> <span class="mention" data-channel-ref="C9">#private-channel</span>`,
		"<!channel> <!subteam^S1>":              `<span class="mention broadcast">@channel</span> <span class="mention">@hr</span>`,
		"&lt;!channel&gt;":                      "&lt;!channel&gt;",
		":white_check_mark: :nope:":             `<span class="emoji" role="img" aria-label="white check mark">✅</span> :nope:`,
		"10:30:45":                              "10:30:45",
		"> a\n> *b*\nc":                         "<blockquote>a<br><b>b</b></blockquote>c",
		"&gt; quoted":                           "<blockquote>quoted</blockquote>",
		"<!date^1795392000^{date_num} {time}|soon>":   `<time datetime="2026-11-23T00:00:00Z" title="soon">2026-11-23 01:00</time>`,
		"<!date^1795392000^{date_short_pretty}|soon>": `<time datetime="2026-11-23T00:00:00Z" title="soon">today</time>`,
		"<!date^nonsense^{date}|soon &lt;b&gt;>":      "soon &lt;b&gt;",
		"private use \U000F0000 runes":                "private use  runes",
		"\U000F0000*<https://a.example|a>*":           `<b><a href="https://a.example" target="_blank" rel="noopener noreferrer">a</a></b>`,
		"محمد *نور*":                                  "محمد <b>نور</b>",
		"unclosed <https://a.example":                 `unclosed &lt;<a href="https://a.example" target="_blank" rel="noopener noreferrer">https://a.example</a>`,
	} {
		if got := string(surface().Mrkdwn(in)); got != want {
			t.Errorf("%q\n  is   %s\n  want %s", in, got, want)
		}
	}
}

// evil is what people and apps may write anywhere.
const evil = `"><script>alert('x')</script>*b* <img src=x onerror=y>`

// everyBlock holds each block and element, with evil wherever text, ids and values go.
func everyBlock(t *testing.T) json.RawMessage {
	t.Helper()
	quoted, err := json.Marshal(evil)
	if err != nil {
		t.Fatal(err)
	}
	x := string(quoted)
	plain, mrkdwn := `{"type":"plain_text","text":`+x+`}`, `{"type":"mrkdwn","text":`+x+`}`
	option := `{"text":` + plain + `,"value":` + x + `,"description":` + plain + `}`
	confirm := `"confirm":{"title":` + plain + `,"text":` + mrkdwn + `,"confirm":` + plain + `,"deny":` + plain + `}`
	who := `"action_id":` + x + `,"placeholder":` + plain + `,` + confirm
	id := `"block_id":` + x
	var many []string
	for range 30 {
		many = append(many, option)
	}
	elements := []string{
		`{"type":"button","text":` + plain + `,"value":` + x + `,` + who + `}`,
		`{"type":"button","text":` + plain + `,"url":"javascript:alert(1)",` + who + `}`,
		`{"type":"overflow","options":[` + option + `,{"text":` + plain + `,"value":"v","url":"https://a.example"}],` + who + `}`,
		`{"type":"checkboxes","options":[` + option + `],"initial_options":[` + option + `],` + who + `}`,
		`{"type":"radio_buttons","options":[` + option + `],` + who + `}`,
		`{"type":"static_select","options":[` + option + `],"initial_option":` + option + `,` + who + `}`,
		`{"type":"static_select","options":[` + strings.Join(many, ",") + `],` + who + `}`,
		`{"type":"static_select","option_groups":[{"label":` + plain + `,"options":[` + option + `]}],` + who + `}`,
		`{"type":"multi_external_select","initial_options":[` + option + `],` + who + `}`,
		`{"type":"multi_users_select","initial_users":["U1",` + x + `],` + who + `}`,
		`{"type":"conversations_select","initial_conversation":` + x + `,` + who + `}`,
		`{"type":"datepicker","initial_date":` + x + `,` + who + `}`,
		`{"type":"timepicker","initial_time":` + x + `,` + who + `}`,
		`{"type":"image","image_url":` + x + `,"alt_text":` + x + `}`,
		`{"type":` + x + `}`,
	}
	blocks := []string{
		`{"type":"header",` + id + `,"text":` + plain + `}`,
		`{"type":"section",` + id + `,"text":` + mrkdwn + `,"fields":[` + mrkdwn + `,` + plain + `]}`,
		`{"type":"context",` + id + `,"elements":[` + mrkdwn + `,{"type":"image","image_url":` + x + `,"alt_text":` + x + `}]}`,
		`{"type":"divider"}`,
		`{"type":"image","image_url":` + x + `,"alt_text":` + x + `,"title":` + plain + `}`,
		`{"type":"markdown","text":` + x + `}`,
		`{"type":"alert","text":` + mrkdwn + `,"level":` + x + `}`,
		`{"type":"table","rows":[[{"type":"raw_text","text":` + x + `},{"type":"raw_number","value":2}],[{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":` + x + `}]}]}]]}`,
		`{"type":"rich_text","elements":[{"type":"rich_text_section","elements":[{"type":"text","text":` + x + `,"style":{"bold":true,"code":true}},{"type":"link","url":"javascript:alert(1)","text":` + x + `},{"type":"link","url":"https://a.example","text":` + x + `},{"type":"user","user_id":` + x + `},{"type":"channel","channel_id":` + x + `},{"type":"usergroup","usergroup_id":` + x + `},{"type":"emoji","name":` + x + `},{"type":"broadcast","range":` + x + `},{"type":"color","value":` + x + `},{"type":"unknown","fallback":` + x + `}]},{"type":"rich_text_preformatted","elements":[{"type":"text","text":` + x + `}]}]}`,
		`{"type":` + x + `}`,
	}
	for _, e := range elements {
		blocks = append(blocks,
			`{"type":"actions",`+id+`,"elements":[`+e+`]}`,
			`{"type":"section",`+id+`,"text":`+mrkdwn+`,"accessory":`+e+`}`,
			`{"type":"input",`+id+`,"label":`+plain+`,"hint":`+plain+`,"element":`+e+`}`)
	}
	for _, kind := range []string{"plain_text_input", "email_text_input", "url_text_input", "number_input"} {
		blocks = append(blocks, `{"type":"input",`+id+`,"dispatch_action":true,"label":`+plain+`,"element":{"type":"`+kind+`","initial_value":`+x+`,`+who+`}}`)
	}
	blocks = append(blocks, `{"type":"input",`+id+`,"label":`+plain+`,"element":{"type":"plain_text_input","multiline":true,"initial_value":`+x+`,`+who+`}}`)
	return json.RawMessage("[" + strings.Join(blocks, ",") + "]")
}

func TestNothingAnAppWritesBecomesMarkup(t *testing.T) {
	t.Parallel()
	r, err := render.New()
	if err != nil {
		t.Fatal(err)
	}
	s := surface()
	s.ID = evil
	s.Errors = map[string]string{evil: evil}
	raw := everyBlock(t)
	out := string(r.Blocks(s, raw)) + string(r.Attachments(s, json.RawMessage(fmt.Sprintf(
		`[{"color":%q,"title":%q,"title_link":"javascript:alert(1)","pretext":%q,"text":%q,"footer":%q,"fields":[{"title":%q,"value":%q}],"blocks":%s}]`,
		evil, evil, evil, evil, evil, evil, evil, raw))))
	for _, bad := range []string{"<script", "<img src=x", `href="javascript`, "onerror=y>\"", "ZgotmplZ\" target"} {
		if i := strings.Index(out, bad); i >= 0 {
			t.Errorf("%q came through: …%s…", bad, out[max(0, i-200):min(len(out), i+80)])
		}
	}
	if !strings.Contains(out, "&lt;script&gt;") {
		t.Error("the text is not shown at all")
	}
}

func TestElementsCanBeFoundAndUsed(t *testing.T) {
	t.Parallel()
	r, err := render.New()
	if err != nil {
		t.Fatal(err)
	}
	const text = `{"type":"plain_text","text":"Pick :tada:"}`
	option := func(v string) string {
		return `{"text":{"type":"plain_text","text":"Option ` + v + `"},"value":"` + v + `"}`
	}
	for name, test := range map[string]struct {
		block string
		state string
		want  []string
		not   []string
	}{
		"a button posts": {
			block: `{"type":"actions","block_id":"b","elements":[{"type":"button","action_id":"a","value":"v","style":"danger","text":` + text + `}]}`,
			want:  []string{`class="btn danger"`, `id="s.b.a"`, `data-action-id="a"`, `data-block-id="b"`, `data-value="v"`, `hx-post="/act"`, "🎉"},
		},
		"a button with a URL opens it and posts": {
			block: `{"type":"actions","block_id":"b","elements":[{"type":"button","action_id":"a","url":"https://a.example","text":` + text + `}]}`,
			want:  []string{`<a class="btn"`, `href="https://a.example"`, `target="_blank"`, `hx-trigger="opened"`},
		},
		"a confirm dialog travels along": {
			block: `{"type":"actions","block_id":"b","elements":[{"type":"button","action_id":"a","text":` + text + `,"confirm":{"title":` + text + `,"text":{"type":"mrkdwn","text":"*sure?*"},"style":"danger"}}]}`,
			want:  []string{`data-confirm="s.b.a.confirm"`, `<template id="s.b.a.confirm"`, `data-danger="true"`, `data-yes="Yes"`, "<b>sure?</b>"},
		},
		"a select shows what the app set": {
			block: `{"type":"actions","block_id":"b","elements":[{"type":"static_select","action_id":"a","initial_option":` + option("2") + `,"options":[` + option("1") + `,` + option("2") + `]}]}`,
			want:  []string{`name="v:b:a"`, `<option value="2" selected>Option 2`}, not: []string{"Choose…"},
		},
		"a select shows what the person chose since": {
			block: `{"type":"actions","block_id":"b","elements":[{"type":"static_select","action_id":"a","initial_option":` + option("2") + `,"options":[` + option("1") + `,` + option("2") + `]}]}`,
			state: `{"b":{"a":{"type":"static_select","selected_option":` + option("1") + `}}}`,
			want:  []string{`<option value="1" selected>`}, not: []string{`<option value="2" selected>`},
		},
		"checkboxes without a tick still say so": {
			block: `{"type":"actions","block_id":"b","elements":[{"type":"checkboxes","action_id":"a","options":[` + option("1") + `]}]}`,
			want:  []string{`<input type="hidden" name="v:b:a" value="">`, `type="checkbox"`, `hx-trigger="change"`}, not: []string{" checked"},
		},
		"an unticked box stays unticked": {
			block: `{"type":"actions","block_id":"b","elements":[{"type":"checkboxes","action_id":"a","initial_options":[` + option("1") + `],"options":[` + option("1") + `]}]}`,
			state: `{"b":{"a":{"type":"checkboxes","selected_options":[]}}}`,
			not:   []string{" checked"},
		},
		"an input waits for the submit button": {
			block: `{"type":"input","block_id":"b","label":` + text + `,"element":{"type":"plain_text_input","action_id":"a","initial_value":"x"}}`,
			want:  []string{`<label class="input-label" for="s.b.a">`, `value="x"`}, not: []string{"hx-post"},
		},
		"an input that dispatches listens for Enter": {
			block: `{"type":"input","block_id":"b","dispatch_action":true,"label":` + text + `,"element":{"type":"plain_text_input","action_id":"a"}}`,
			want:  []string{"data-enter", `hx-trigger="entered"`, `hx-post="/act"`},
		},
		"a picker of people knows their names": {
			block: `{"type":"actions","block_id":"b","elements":[{"type":"multi_users_select","action_id":"a","initial_users":["U1"]}]}`,
			want:  []string{`<span class="chip">ann</span>`, `hx-get="/choices"`, `aria-multiselectable="true"`, `<input type="hidden" name="v:b:a" value="U1">`},
		},
		"what is wrong stands at the field": {
			block: `{"type":"input","block_id":"bad","label":` + text + `,"element":{"type":"plain_text_input","action_id":"a"}}`,
			want:  []string{`role="alert">Say why.`, `aria-invalid="true"`, `aria-describedby="s.bad.error"`, `id="s.bad.error"`},
		},
		"what is not known says so": {
			block: `{"type":"video"}`,
			want:  []string{"This page cannot show video block."},
		},
	} {
		s := surface()
		s.Errors = map[string]string{"bad": "Say why."}
		if test.state != "" {
			if err := json.Unmarshal([]byte(test.state), &s.State); err != nil {
				t.Fatal(err)
			}
		}
		out := string(r.Blocks(s, json.RawMessage("["+test.block+"]")))
		for _, want := range test.want {
			if !strings.Contains(out, want) {
				t.Errorf("%s: %q is missing in\n%s", name, want, out)
			}
		}
		for _, not := range test.not {
			if strings.Contains(out, not) {
				t.Errorf("%s: %q should not be in\n%s", name, not, out)
			}
		}
	}
}

func TestFieldNamesComeBack(t *testing.T) {
	t.Parallel()
	for _, ids := range [][2]string{{"b", "a"}, {"with:colon", "and space&é"}, {"", ""}} {
		block, action, ok := render.ParseFieldName(render.FieldName(ids[0], ids[1]))
		if !ok || block != ids[0] || action != ids[1] {
			t.Errorf("%q came back as %q, %q, %t", ids, block, action, ok)
		}
	}
	for _, name := range []string{"text", "v:only", "v:%zz:a"} {
		if _, _, ok := render.ParseFieldName(name); ok {
			t.Errorf("%q was taken for a field", name)
		}
	}
}

func FuzzMrkdwnNeverMakesTags(f *testing.F) {
	for _, seed := range []string{evil, "*a _b_* `c`", "<@U1|x>", "<!date^1^{date}^https://a.example|b>", ":tada:", "> q\n```x```", "\U000F0000"} {
		f.Add(seed)
	}
	f.Fuzz(func(t *testing.T, text string) {
		out := string(surface().Mrkdwn(text))
		for _, tag := range []string{"b", "i", "s", "br", "pre", "code", "blockquote", "time", "a", "span", "bdi"} {
			out = strings.ReplaceAll(strings.ReplaceAll(out, "<"+tag+">", ""), "</"+tag+">", "")
		}
		for _, open := range []string{`<a href="http`, `<a href="mailto:`, `<a href="tel:`, `<span class="`, `<time datetime="`} {
			out = strings.ReplaceAll(out, open, "")
		}
		if strings.Contains(out, "<") {
			t.Errorf("%q became %s", text, surface().Mrkdwn(text))
		}
	})
}
