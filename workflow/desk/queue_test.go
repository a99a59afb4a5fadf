package desk_test

import (
	"fmt"
	"net/http"
	"net/url"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/PuerkitoBio/goquery"

	"caseconsultant/workflow/casefile"
)

func refs(p *page) []string {
	return p.doc.Find(".row").Map(func(_ int, s *goquery.Selection) string { ref, _ := s.Attr("data-ref"); return ref })
}

func TestQueueViews(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	br := b.as(t, b.dana)
	for _, tt := range []struct {
		view  string
		count string
		want  []int // of the samples, in the order shown
	}{
		{"open", "9", []int{8, 0, 1, 2, 3, 4, 5, 6, 7}}, // what failed needs a person first, then the oldest
		{"mine", "1", []int{1}},
		{"unclaimed", "6", []int{0, 2, 3, 5, 6, 7}},
		{"overdue", "1", []int{0}},
		{"failed", "1", []int{8}},
		{"undelivered", "1", []int{2}},
		{"held", "1", []int{3}},
		{"asked_back", "1", []int{12}},
		{"answered", "1", []int{9}},
		{"closed", "1", []int{10}},
		{"set_aside", "1", []int{11}},
		{"all", "13", []int{8, 0, 1, 2, 3, 4, 5, 6, 7, 12, 9, 11, 10}},
	} {
		p := br.get("/queue?view=" + tt.view).want(http.StatusOK)
		var want []string
		for _, i := range tt.want {
			want = append(want, all[i])
		}
		if got := refs(p); !slices.Equal(got, want) {
			t.Errorf("the view %s shows %v, want %v", tt.view, got, want)
		}
		if got := p.text(".views a[aria-current] .count"); got != tt.count {
			t.Errorf("the view %s is counted as %q, want %s", tt.view, got, tt.count)
		}
	}
	p := br.get("/queue")
	first := p.doc.Find(".row").Eq(1)
	for selector, want := range map[string]string{".row-subject b": "31297-50 with 31288", ".row-asker": "Lee Example", ".row-due": "1 h over", ".row-age": "1 d", ".chip:first-child": "31297-50", ".more": "+1", ".row-topic": "NCCI edits"} {
		if got := strings.Join(strings.Fields(first.Find(selector).Text()), " "); got != want {
			t.Errorf("the first waiting case shows %q as %s, want %q", got, selector, want)
		}
	}
	if at, _ := first.Find(".row-due time").Attr("datetime"); !strings.HasSuffix(at, "Z") {
		t.Errorf("the due time for programs is %q, want UTC", at)
	}
	if got := p.text("#row-" + all[1] + " .vh"); !strings.Contains(got, "You have it") {
		t.Errorf("one's own case says %q", got)
	}
	if got := p.text("#row-" + all[4] + " .vh"); !strings.Contains(got, "Sam Sample has it") {
		t.Errorf("a colleague's case says %q", got)
	}
}

// What is pressed in the list ends in the list, with a line that names the case and a way back.
func TestQueueActions(t *testing.T) {
	t.Parallel()
	b := setup(t)
	ref := b.mail(t, samples()[1])
	br := b.as(t, b.dana)
	p := br.post("/cases/"+ref+"/close", url.Values{"back": {"/queue?view=all&code=99214"}}).want(http.StatusOK)
	if p.path != "/queue?code=99214&done=closed&ref="+ref+"&view=all" {
		t.Errorf("closing from the list leads to %s", p.path)
	}
	if got := p.text(".notice p"); got != ref+": Closed." || !p.has(`.notice form[action="/cases/`+ref+`/reopen"]`) {
		t.Errorf("it says %q", got)
	}
	for back, want := range map[string]string{"//evil.example/queue": "/queue?", "https://evil.example/queue": "/queue?", "/cases/x": "/cases/" + ref, "": "/cases/" + ref} {
		if p := br.post("/cases/"+ref+"/reopen", url.Values{"back": {back}}).want(http.StatusOK); !strings.HasPrefix(p.path, want) {
			t.Errorf("with back=%q it leads to %s, want %s", back, p.path, want)
		}
		br.post("/cases/"+ref+"/close", nil)
	}
}

func TestQueueByCode(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	br := b.as(t, b.dana)
	for typed, want := range map[string][]string{"99213": {all[1], all[5]}, "m545": {all[4]}, "j1885": {all[6]}, "00000": nil, "' OR 1=1 --": nil} {
		p := br.get("/queue?view=open&code=" + url.QueryEscape(typed))
		if got := refs(p); !slices.Equal(got, want) {
			t.Errorf("by %q: %v, want %v", typed, got, want)
		}
		if want == nil && !strings.Contains(p.text(".empty"), "No case matches") {
			t.Errorf("by %q the empty list says %q", typed, p.text(".empty"))
		}
	}
}

func TestQueueEmpty(t *testing.T) {
	t.Parallel()
	b := setup(t)
	br := b.as(t, b.sam)
	for view, want := range map[string]string{"open": "Nothing waits", "mine": "You have no case in hand", "overdue": "Nothing is overdue", "all": "No cases yet", "nonsense": "Nothing waits"} {
		if p := br.get("/queue?view=" + view); p.text(".empty h2") != want {
			t.Errorf("the empty view %s says %q, want %q", view, p.text(".empty h2"), want)
		}
	}
	for path, want := range map[string]string{"/intake": "No mail has been seen", "/outbox": "Nothing here", "/outbox?state=decide": "Nothing waits for you", "/codes?q=zzz": "The loaded codebook has nothing for this"} {
		if p := br.get(path); p.text(".empty h2") != want {
			t.Errorf("%s says %q, want %q", path, p.text(".empty h2"), want)
		}
	}
}

// Paging shows each case once, in order, across the groups of a view.
func TestQueuePages(t *testing.T) {
	t.Parallel()
	b := setup(t)
	var want []string
	for i := range 60 {
		want = append(want, b.mail(t, sampleMail{From: "A", Address: "a@clinic.example", Subject: fmt.Sprint("open ", i), Body: "x", Age: time.Duration(600-i) * time.Minute}))
	}
	var closed []string
	for i := range 50 {
		closed = append(closed, b.mail(t, sampleMail{From: "A", Address: "a@clinic.example", Subject: fmt.Sprint("closed ", i), Body: "x", Age: time.Duration(i) * time.Minute, State: casefile.Closed}))
	}
	want = append(want, closed...)
	br := b.as(t, b.sam)
	var got []string
	pages := 0
	for path := "/queue?view=all"; path != ""; pages++ {
		p := br.get(path).want(http.StatusOK)
		got = append(got, refs(p)...)
		path, _ = p.doc.Find(".pager a[rel=next]").Attr("href")
	}
	if !slices.Equal(got, want) || pages != 3 {
		t.Errorf("%d pages show %d cases, want 3 with %d, each once and in order", pages, len(got), len(want))
	}
	for _, after := range []string{"9-1", "-1-5", "x", "0-x", "0--5", "99999999999999999999-1"} {
		br.get("/queue?view=all&after=" + after).want(http.StatusOK)
	}
}
