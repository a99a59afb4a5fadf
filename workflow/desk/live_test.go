package desk_test

import (
	"bufio"
	"context"
	"encoding/json"
	"net/http"
	"strings"
	"sync"
	"testing"
	"time"

	"caseconsultant/workflow/store/storetest"
)

func TestEvents(t *testing.T) {
	t.Parallel()
	storetest.EachURL(t, func(t *testing.T, databaseURL string) {
		b := setupURL(t, databaseURL)
		ref := b.mail(t, samples()[1])
		br := b.as(t, b.sam)
		at, _ := br.get("/queue").doc.Find("body").Attr("data-events")
		if !strings.HasPrefix(at, "/events?since=") {
			t.Fatalf("the page hears of changes at %q", at)
		}
		ctx, cancel := context.WithTimeout(t.Context(), 20*time.Second)
		defer cancel()
		r, err := http.NewRequestWithContext(ctx, http.MethodGet, b.server.URL+at, nil)
		if err != nil {
			t.Fatal(err)
		}
		resp, err := br.client.Do(r)
		if err != nil {
			t.Fatal(err)
		}
		defer resp.Body.Close()
		if got := resp.Header.Get("Content-Type"); got != "text/event-stream" {
			t.Fatalf("the stream is %q", got)
		}
		lines := bufio.NewScanner(resp.Body)
		if err := b.office.Claim(t.Context(), ref, b.dana.ID); err != nil {
			t.Fatal(err)
		}
		for lines.Scan() {
			data, ok := strings.CutPrefix(lines.Text(), "data: ")
			if !ok {
				continue
			}
			var event struct {
				Seq  int64
				Refs []string
			}
			if err := json.Unmarshal([]byte(data), &event); err != nil || event.Seq == 0 || event.Refs == nil {
				t.Errorf("the event is %s, %v", data, err)
			}
			return
		}
		t.Errorf("no event came: %v", lines.Err())
	})
}

// Many readers at once, while cases change: for the race detector, and that no page fails.
func TestManyReaders(t *testing.T) {
	t.Parallel()
	b := setup(t)
	all := b.full(t)
	var wg sync.WaitGroup
	for i, user := range []int64{b.dana.ID, b.sam.ID} {
		br := b.as(t, b.dana)
		wg.Go(func() {
			for range 10 {
				for _, path := range []string{"/queue", "/cases/" + all[0], "/outbox", "/codes/cpt/31297"} {
					br.get(path).want(http.StatusOK)
				}
			}
		})
		wg.Go(func() {
			for range 10 {
				if err := b.office.Note(context.Background(), all[i], user, "a note"); err != nil {
					t.Error(err)
				}
			}
		})
	}
	wg.Wait()
}

func BenchmarkQueue(b *testing.B) {
	benchmarkPage(b, func([]string) string { return "/queue?view=all" })
}
func BenchmarkCase(b *testing.B) {
	benchmarkPage(b, func(refs []string) string { return "/cases/" + refs[0] })
}

func benchmarkPage(b *testing.B, path func([]string) string) {
	desk := setup(b)
	refs := desk.full(b)
	for range 40 {
		desk.mail(b, samples()[1])
	}
	br := desk.as(b, desk.dana)
	for b.Loop() {
		r, err := http.NewRequest(http.MethodGet, desk.server.URL+path(refs), nil)
		if err != nil {
			b.Fatal(err)
		}
		resp, err := br.client.Do(r)
		if err != nil || resp.StatusCode != http.StatusOK {
			b.Fatal(resp, err)
		}
		resp.Body.Close()
	}
}
