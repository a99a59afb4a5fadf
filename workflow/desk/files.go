package desk

import (
	"fmt"
	"io"
	"mime"
	"net/http"
	"path"
	"strconv"
	"strings"
	"unicode"
)

// attachment sends a file that came with a mail. A browser must never run or show it: it is always a download of no
// particular type, in a sandbox, whatever its sender called it.
func (d *Desk) attachment(c *call) error {
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoPage
	}
	a, body, err := d.Cases.OpenAttachment(c.ctx(), id)
	if err != nil {
		return err
	}
	defer body.Close()
	return d.download(c, fileName(a.Filename, fmt.Sprintf("attachment-%d", a.Position)), a.Size, body)
}

// raw sends a message as it came in or went out.
func (d *Desk) raw(c *call) error {
	id, err := strconv.ParseInt(c.r.PathValue("id"), 10, 64)
	if err != nil {
		return errNoPage
	}
	n, body, err := d.Cases.OpenRaw(c.ctx(), id)
	if err != nil {
		return err
	}
	defer body.Close()
	return d.download(c, fmt.Sprintf("message-%d.eml", id), n, body)
}

func (d *Desk) download(c *call, name string, n int64, body io.Reader) error {
	h := c.w.Header()
	h.Set("Content-Type", "application/octet-stream")
	h.Set("Content-Disposition", mime.FormatMediaType("attachment", map[string]string{"filename": name}))
	h.Set("Content-Security-Policy", "default-src 'none'; sandbox")
	h.Set("X-Download-Options", "noopen")
	h.Set("Content-Length", strconv.FormatInt(n, 10))
	c.w.WriteHeader(http.StatusOK)
	if _, err := io.Copy(c.w, body); err != nil && c.ctx().Err() == nil {
		// The header is out: all that can be done is to break the connection, so that the browser sees half a file as
		// half a file.
		d.Log.ErrorContext(c.ctx(), "A download broke off", "route", c.r.Pattern, "error", err)
		panic(http.ErrAbortHandler)
	}
	return nil
}

// fileName makes a name that is safe on every system of what a sender wrote: no folders, no control or bidirectional
// characters (which make "exe.pdf" of "fdp.exe"), no device names, not hidden.
func fileName(name, other string) string {
	name = path.Base(strings.ReplaceAll(name, `\`, "/"))
	name = strings.Map(func(r rune) rune {
		switch {
		case unicode.IsControl(r), unicode.Is(unicode.Cf, r), r == unicode.ReplacementChar:
			return -1
		case strings.ContainsRune(`<>:"/\|?*;%`, r):
			return '_'
		}
		return r
	}, strings.ToValidUTF8(name, ""))
	name = strings.Trim(name, ". ")
	stem, _, _ := strings.Cut(strings.ToUpper(name), ".")
	switch stem {
	case "", "CON", "PRN", "AUX", "NUL", "COM1", "COM2", "COM3", "COM4", "LPT1", "LPT2", "LPT3":
		name = other
	}
	if len(name) > 150 {
		ext := path.Ext(name)
		if len(ext) > 12 {
			ext = ""
		}
		name = strings.ToValidUTF8(name[:150-len(ext)], "") + ext
	}
	return name
}
