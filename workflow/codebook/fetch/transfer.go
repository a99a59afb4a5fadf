package fetch

import (
	"bytes"
	"context"
	"crypto/tls"
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"net/http"
	"net/url"
	"os"
	"strconv"
	"strings"
	"time"
)

// download is one address on its way into a part file, over all its attempts.
type download struct {
	f         *fetcher
	target    Target
	candidate Candidate
	path      string // the part file; its state lies beside it
	// etag and modified are of the intact file that is there already; empty when there is none.
	etag, modified string
	badSum         string // of an archive that could not be read
}

// partState says what the bytes of a part file belong to.
type partState struct {
	Address      string `json:"address"`
	Came         string `json:"came"`
	ETag         string `json:"etag"`
	LastModified string `json:"last_modified"`
	Total        int64  `json:"total"` // -1: not said
}

// validator is what the server can compare a part by; empty: it must be fetched anew. A weak ETag does not vouch for bytes (RFC 9110
// section 8.8.1).
func (s partState) validator() string {
	if s.ETag != "" && !strings.HasPrefix(s.ETag, "W/") {
		return s.ETag
	}
	return s.LastModified
}

var errSilent = errors.New("the server fell silent")

// attempt asks once. It returns what came whole and was verified, or nil when the server says that what is there is still right. Errors are
// *later when another attempt may help, *refused when none does.
func (d *download) attempt(ctx context.Context) (*Entry, error) {
	state, offset := d.resume()
	if offset > 0 && offset == state.Total {
		return d.finish(ctx, state) // all of it came before, only its check did not
	}
	ctx, cancel := context.WithCancelCause(ctx)
	defer cancel(nil)
	silence := time.AfterFunc(d.f.opts.Silence, func() { cancel(errSilent) })
	defer silence.Stop()
	request, err := http.NewRequestWithContext(ctx, http.MethodGet, d.candidate.Address, nil)
	if err != nil {
		return nil, refuse("%v", err)
	}
	request.Header.Set("User-Agent", "CaseConsultant codes fetch")
	request.Header.Set("Accept-Encoding", "identity") // lengths and ranges must be those of the file
	asked := false
	switch {
	case offset > 0:
		request.Header.Set("Range", fmt.Sprintf("bytes=%d-", offset))
		request.Header.Set("If-Range", state.validator())
	case d.etag != "":
		request.Header.Set("If-None-Match", d.etag)
		asked = true
	case d.modified != "":
		request.Header.Set("If-Modified-Since", d.modified)
		asked = true
	}
	response, err := d.f.client.Do(request)
	if err != nil {
		return nil, d.connection(ctx, err)
	}
	defer response.Body.Close()
	switch response.StatusCode {
	case http.StatusOK:
		offset = 0
		state, err = d.begin(response)
	case http.StatusPartialContent:
		err = d.goOn(response, state, offset)
	case http.StatusNotModified:
		if asked {
			return nil, nil
		}
		err = &later{err: errors.New("the server says that nothing changed, and was not asked that")}
	case http.StatusRequestedRangeNotSatisfiable:
		if total, ok := strings.CutPrefix(response.Header.Get("Content-Range"), "bytes */"); ok && offset > 0 && total == strconv.FormatInt(offset, 10) {
			return d.finish(ctx, state) // the length that it named first was wrong: it has no more than came
		}
		d.drop()
		err = &later{err: errors.New("the server does not know the part that is missing; it is fetched anew")}
	default:
		err = d.status(response)
	}
	if err != nil {
		return nil, err
	}
	if err := d.copy(ctx, response.Body, silence, state, offset); err != nil {
		return nil, err
	}
	return d.finish(ctx, state)
}

// connection judges an error of the connection.
func (d *download) connection(ctx context.Context, err error) error {
	if stop, ok := errors.AsType[*refused](err); ok {
		return stop
	}
	if _, ok := errors.AsType[*tls.CertificateVerificationError](err); ok {
		return refuse("the server cannot prove who it is: %v", err)
	}
	if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
		err = fmt.Errorf("%w for %v", cause, d.f.opts.Silence)
	}
	if wrapped, ok := errors.AsType[*url.Error](err); ok {
		err = wrapped.Err // without the address, which stands in every message
	}
	return &later{err: err}
}

// status judges an answer that is no file.
func (d *download) status(response *http.Response) error {
	code := response.StatusCode
	words := fmt.Sprintf("%d %s", code, http.StatusText(code))
	switch {
	case code == http.StatusNotFound || code == http.StatusGone:
		return &refused{text: "there is no such file (" + words + ")", absent: true}
	case code == http.StatusUnauthorized || code == http.StatusForbidden || code == http.StatusUnavailableForLegalReasons:
		return refuse("the server refuses it (%s): it may want a person to accept terms, or no programs at all", words)
	case code >= 500 || code == http.StatusRequestTimeout || code == http.StatusTooEarly || code == http.StatusTooManyRequests:
		return &later{err: fmt.Errorf("the server answers %s", words), after: d.retryAfter(response.Header.Get("Retry-After"))}
	}
	return refuse("the server answers %s", words)
}

// retryAfter reads seconds or a date (RFC 9110 section 10.2.3); 0 is no wish.
func (d *download) retryAfter(s string) time.Duration {
	if n, err := strconv.Atoi(s); err == nil && n >= 0 && n < 1<<30 {
		return time.Duration(n) * time.Second
	}
	if at, err := http.ParseTime(s); err == nil {
		return max(0, at.Sub(d.f.opts.Now()))
	}
	return 0
}

// begin judges a whole answer by its headers, and starts the part file anew.
func (d *download) begin(response *http.Response) (state partState, err error) {
	state = partState{Address: d.candidate.Address, Came: place(response.Request.URL), ETag: response.Header.Get("ETag"),
		LastModified: response.Header.Get("Last-Modified"), Total: response.ContentLength}
	if encoding := response.Header.Get("Content-Encoding"); encoding != "" && encoding != "identity" {
		return state, refuse("the server packs its answer (%s) although it was asked not to", encoding)
	}
	if state.Total > d.candidate.Most {
		return state, refuse("it is %d bytes long, more than the %d that such a file may have", state.Total, d.candidate.Most)
	}
	d.drop()
	if !d.wantsPage() {
		// The page may be declared as a zip archive, and the archive as anything, so its first bytes decide.
		var start bytes.Buffer
		if _, err := io.CopyN(&start, response.Body, sniffBytes); err != nil && !errors.Is(err, io.EOF) && start.Len() == 0 {
			return state, &later{err: fmt.Errorf("the answer broke off: %w", err)}
		}
		if looksLikePage(start.Bytes()) {
			_, _ = io.CopyN(&start, response.Body, pageBytes)
			return state, judgePage(start.Bytes())
		}
		response.Body = struct {
			io.Reader
			io.Closer
		}{io.MultiReader(&start, response.Body), response.Body}
	}
	data, err := json.Marshal(state)
	if err == nil {
		err = replaceFile(d.path+".json", data)
	}
	if err != nil {
		return state, fmt.Errorf("writing beside the files: %w", err)
	}
	return state, nil
}

func (d *download) wantsPage() bool { return strings.HasSuffix(d.candidate.File, ".html") }

const (
	sniffBytes = 512
	pageBytes  = 256 << 10
)

// looksLikePage tells a web page by its first bytes: official code files begin with a letter, a digit or PK.
func looksLikePage(start []byte) bool {
	text := bytes.ToLower(bytes.TrimLeft(bytes.TrimPrefix(start, []byte("\xef\xbb\xbf")), " \t\r\n"))
	for _, sign := range []string{"<!doctype html", "<html", "<head", "<!--", "<script", "<body", "<title"} {
		if bytes.HasPrefix(text, []byte(sign)) {
			return true
		}
	}
	return false
}

// judgePage says what a web page is that came instead of a file.
func judgePage(page []byte) error {
	text := bytes.ToLower(page)
	has := func(words ...string) bool {
		for _, w := range words {
			if bytes.Contains(text, []byte(w)) {
				return true
			}
		}
		return false
	}
	switch {
	case has("page not found", "not be found", "404 "):
		return &refused{text: "there is no such file (a page says so)", absent: true}
	case has("license", "licence", "i accept", "i agree", "american medical association"):
		return refuse("a licence page came instead of the file: open it in a browser, read and accept the licence, and save the file itself")
	}
	return refuse("a web page came instead of the file")
}

// goOn judges a partial answer: it must be of the same file, and from where the part ends.
func (d *download) goOn(response *http.Response, state partState, offset int64) error {
	var first, last, total int64
	_, err := fmt.Sscanf(response.Header.Get("Content-Range"), "bytes %d-%d/%d", &first, &last, &total)
	tag := response.Header.Get("ETag")
	if err != nil || offset == 0 || first != offset || last != total-1 || state.Total >= 0 && total != state.Total || tag != "" && state.ETag != "" && tag != state.ETag {
		d.drop()
		return &later{err: errors.New("the server answered with another part than the one that is missing; it is fetched anew")}
	}
	return nil
}

// copy appends what comes to the part file. What came before an error stays for the next attempt.
func (d *download) copy(ctx context.Context, body io.Reader, silence *time.Timer, state partState, offset int64) (err error) {
	file, err := os.OpenFile(d.path, os.O_WRONLY|os.O_CREATE, 0o644)
	if err != nil {
		return fmt.Errorf("writing beside the files: %w", err)
	}
	defer func() {
		if cerr := file.Close(); err == nil && cerr != nil {
			err = fmt.Errorf("writing beside the files: %w", cerr)
		}
	}()
	if err := errors.Join(file.Truncate(offset), seekTo(file, offset)); err != nil {
		return fmt.Errorf("writing beside the files: %w", err)
	}
	size, told := offset, int64(-1)
	buffer := make([]byte, 64<<10)
	for {
		n, readErr := body.Read(buffer)
		silence.Reset(d.f.opts.Silence)
		if size += int64(n); size > d.candidate.Most {
			d.drop()
			return refuse("more than %d bytes came, more than such a file may have", d.candidate.Most)
		}
		if _, err := file.Write(buffer[:n]); err != nil {
			return fmt.Errorf("writing beside the files: %w", err)
		}
		if d.f.opts.Progress != nil && (told < 0 || size-told >= 256<<10 || readErr != nil) {
			told = size
			d.f.opts.Progress(Progress{Target: d.target, File: d.candidate.File, Done: size, Total: max(0, state.Total)})
		}
		if errors.Is(readErr, io.EOF) {
			break
		}
		if readErr != nil {
			if cause := context.Cause(ctx); errors.Is(cause, errSilent) {
				readErr = fmt.Errorf("%w for %v", cause, d.f.opts.Silence)
			}
			return &later{err: fmt.Errorf("the answer broke off after %d bytes: %w", size, readErr)}
		}
	}
	if state.Total >= 0 && size != state.Total {
		return &later{err: fmt.Errorf("the answer ended after %d of %d bytes", size, state.Total)}
	}
	if err := file.Sync(); err != nil {
		return fmt.Errorf("writing beside the files: %w", err)
	}
	return nil
}

func seekTo(file *os.File, offset int64) error {
	_, err := file.Seek(offset, io.SeekStart)
	return err
}

// resume finds what an earlier attempt, or an earlier run, left. Where nothing vouches for it, it begins at 0.
func (d *download) resume() (state partState, offset int64) {
	data, err := os.ReadFile(d.path + ".json")
	if err != nil || json.Unmarshal(data, &state) != nil || state.Address != d.candidate.Address || state.validator() == "" {
		return partState{}, 0
	}
	info, err := os.Lstat(d.path)
	if err != nil || !info.Mode().IsRegular() || state.Total >= 0 && info.Size() > state.Total {
		return partState{}, 0
	}
	return state, info.Size()
}

// drop removes the part file and its state.
func (d *download) drop() {
	for _, name := range []string{d.path, d.path + ".json"} {
		if err := os.Remove(name); err != nil && !errors.Is(err, fs.ErrNotExist) {
			return // the next attempt meets it and says what is wrong
		}
	}
}

// finish checks what came whole and describes it.
func (d *download) finish(ctx context.Context, state partState) (*Entry, error) {
	sum, err := hashOf(d.path)
	if err != nil {
		return nil, err
	}
	info, err := os.Stat(d.path)
	if err != nil {
		return nil, fmt.Errorf("reading what was fetched: %w", err)
	}
	check := verifyArchive
	if d.wantsPage() {
		check = verifyPage
	}
	if err := check(ctx, d.path, d.candidate); err != nil {
		d.drop()
		if again, ok := errors.AsType[*later](err); ok && d.badSum == sum {
			return nil, refuse("the server has it damaged (the same came twice: %v)", again.err)
		}
		d.badSum = sum
		return nil, err
	}
	now := d.f.opts.Now().UTC().Truncate(time.Second)
	return &Entry{File: d.candidate.File, Source: d.target.Source, Release: d.target.Release, Address: d.candidate.Address, Came: state.Came,
		FetchedAt: now, CheckedAt: now, Size: info.Size(), SHA256: sum, ETag: state.ETag, LastModified: state.LastModified}, nil
}
