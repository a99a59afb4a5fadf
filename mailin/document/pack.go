package document

import (
	"archive/zip"
	"bufio"
	"bytes"
	"compress/bzip2"
	"compress/flate"
	"context"
	"encoding/binary"
	"errors"
	"io"
	"path"
	"strings"
)

// What can be wrong with a ZIP file or an entry of it.
var (
	errLocked   = errors.New("document: an entry is encrypted")
	errMethod   = errors.New("document: an entry is packed in an unknown way")
	errBomb     = errors.New("document: an entry unpacks to far more than it holds")
	errExpanded = errors.New("document: the entries unpack to more than is allowed")
	errMissing  = errors.New("document: no such entry")
	errNoZIP    = errors.New("document: not a ZIP file")
	errManyDirs = errors.New("document: the directory of the ZIP file is too large")
)

// pack is an open ZIP file: an archive, or the package that an office file is.
type pack struct {
	ctx     context.Context
	b       *budget
	in      input
	entries []*packed
	byName  map[string]*packed // by plainName, the first of each
	broken  bool               // the directory was missing or damaged; entries were found by looking for them
}

// packed is an entry of a pack.
type packed struct {
	name   string
	size   int64 // what the directory claims that it unpacks to; a lie in bombs
	flags  uint16
	method uint16
	file   *zip.File // nil for a salvaged entry
	start  int64     // of a salvaged entry's data
	packed int64     // bytes of a salvaged entry's data at most
}

const (
	maxDirectory = 8 << 20 // bytes of a central directory: about 100,000 entries
	bombRatio    = 250     // no honest document packs better than this
	bombBytes    = 16 << 20
)

// openPack reads the directory of a ZIP file. Where that is missing, as in a file that was cut off, the entries are
// looked for one by one from the beginning.
func openPack(ctx context.Context, in input, b *budget) (*pack, error) {
	p := &pack{ctx: ctx, b: b, in: in, byName: make(map[string]*packed)}
	directory := &meteredAt{r: in.content, left: maxDirectory + 1<<16}
	z, err := zip.NewReader(directory, in.size)
	switch {
	case err == nil || errors.Is(err, zip.ErrInsecurePath):
		directory.left = 1 << 62
		z.RegisterDecompressor(12, func(r io.Reader) io.ReadCloser { return io.NopCloser(bzip2.NewReader(r)) })
		for _, f := range z.File {
			p.add(&packed{name: f.Name, size: int64(min(f.UncompressedSize64, 1<<62)), flags: f.Flags, method: f.Method, file: f})
		}
	case directory.left < 0:
		return nil, errManyDirs
	default:
		p.broken = true
		if err := p.salvage(); err != nil {
			return nil, err
		}
	}
	if len(p.entries) == 0 && p.broken {
		return nil, errNoZIP
	}
	return p, nil
}

func (p *pack) add(e *packed) {
	p.entries = append(p.entries, e)
	name := plainName(e.name)
	if _, ok := p.byName[name]; !ok {
		p.byName[name] = e
	}
}

// plainName is a name as packages compare them: without regard to case, with slashes, from the root.
func plainName(name string) string {
	return strings.ToLower(strings.TrimPrefix(path.Clean("/"+strings.ReplaceAll(name, `\`, "/")), "/"))
}

// meteredAt bounds how much is read.
type meteredAt struct {
	r    io.ReaderAt
	left int64
}

func (m *meteredAt) ReadAt(b []byte, at int64) (int, error) {
	if m.left -= int64(len(b)); m.left < 0 {
		return 0, errManyDirs
	}
	return m.r.ReadAt(b, at)
}

// has says whether there is an entry of that name.
func (p *pack) has(name string) bool { return p.byName[plainName(name)] != nil }

// open unpacks an entry by its name.
func (p *pack) open(name string) (io.Reader, error) {
	e := p.byName[plainName(name)]
	if e == nil {
		return nil, errMissing
	}
	return p.unpack(e)
}

// unpack opens an entry. What is read of it counts against the budget of the whole document.
func (p *pack) unpack(e *packed) (io.Reader, error) {
	if e.flags&1 != 0 || e.method == 99 { // 99: WinZip's AES
		return nil, errLocked
	}
	if e.method != zip.Store && e.method != zip.Deflate && e.method != 12 {
		return nil, errMethod
	}
	m := &metered{ctx: p.ctx, b: p.b}
	if e.file != nil {
		raw, err := e.file.OpenRaw()
		if err != nil {
			return nil, err
		}
		m.packed = &counted{r: raw}
		// The checksum is not looked at: a document with a wrong one is read as far as it goes.
		switch e.method {
		case zip.Store:
			m.r = m.packed
		case zip.Deflate:
			m.r = flate.NewReader(m.packed)
		default:
			m.r = bzip2.NewReader(m.packed)
		}
		return m, nil
	}
	m.packed = &counted{r: io.NewSectionReader(p.in.content, e.start, e.packed)}
	if e.method == zip.Store {
		m.r = m.packed
	} else {
		m.r = flate.NewReader(m.packed)
	}
	return m, nil
}

// counted counts what is read of packed bytes.
type counted struct {
	r io.Reader
	n int64
}

func (c *counted) Read(b []byte) (int, error) {
	n, err := c.r.Read(b)
	c.n += int64(n)
	return n, err
}

// metered unpacks within the budget.
type metered struct {
	ctx    context.Context
	r      io.Reader
	packed *counted
	b      *budget
	n      int64
	err    error
}

func (m *metered) Read(b []byte) (int, error) {
	if m.err != nil {
		return 0, m.err
	}
	if err := m.ctx.Err(); err != nil {
		m.err = err
		return 0, err
	}
	n, err := m.r.Read(b)
	m.n += int64(n)
	m.b.expanded -= int64(n)
	m.err = err
	switch {
	case m.b.expanded < 0:
		m.err = errExpanded
		n = 0
	case m.n > bombBytes && m.n > bombRatio*(m.packed.n+1):
		m.err = errBomb
		n = 0
	}
	return n, m.err
}

// salvage finds the entries of a file without a directory by their local headers (APPNOTE 4.3.7), one after the other.
func (p *pack) salvage() error {
	var head [30]byte
	at := p.first()
	for tries := 0; at >= 0 && at+30 <= p.in.size && tries < 10*1000; tries++ {
		if err := p.ctx.Err(); err != nil {
			return err
		}
		if n, _ := p.in.content.ReadAt(head[:], at); n < len(head) || !bytes.HasPrefix(head[:], localHeader) {
			return nil
		}
		u16 := func(i int) int64 { return int64(binary.LittleEndian.Uint16(head[i:])) }
		size := int64(binary.LittleEndian.Uint32(head[18:]))
		nameLen := u16(26)
		start := at + 30 + nameLen + u16(28)
		if start > p.in.size {
			return nil
		}
		name := make([]byte, nameLen)
		if n, _ := p.in.content.ReadAt(name, at+30); int64(n) < nameLen {
			return nil
		}
		e := &packed{name: string(name), size: int64(binary.LittleEndian.Uint32(head[22:])), flags: uint16(u16(6)), method: uint16(u16(8)), start: start, packed: p.in.size - start}
		if e.flags&8 != 0 || size == 0xffffffff {
			// The sizes follow the data: only unpacking tells where that ends.
			if e.method != zip.Deflate || e.flags&1 != 0 {
				p.add(e)
				return nil
			}
			ended, err := p.deflated(start)
			p.add(e)
			if err != nil {
				return nil // the cut is in here; what is before it will be read
			}
			at = ended
			// The descriptor has 12 to 24 bytes.
			near := make([]byte, 64)
			n, _ := p.in.content.ReadAt(near, at)
			next := bytes.Index(near[:n], localHeader)
			if next < 0 {
				return nil
			}
			e.packed = ended - start
			at += int64(next)
			continue
		}
		e.packed = min(size, p.in.size-start)
		p.add(e)
		at = start + size
	}
	return nil
}

var localHeader = []byte("PK\x03\x04")

// first is where the first local header stands.
func (p *pack) first() int64 {
	head := make([]byte, min(p.in.size, SniffBytes))
	n, _ := p.in.content.ReadAt(head, 0)
	return int64(bytes.Index(head[:n], localHeader))
}

// deflated returns where the deflated data that begin at start end.
func (p *pack) deflated(start int64) (int64, error) {
	src := &counted{r: io.NewSectionReader(p.in.content, start, p.in.size-start)}
	buffered := bufio.NewReader(src)
	m := &metered{ctx: p.ctx, r: flate.NewReader(buffered), packed: src, b: p.b}
	_, err := io.Copy(io.Discard, m)
	return start + src.n - int64(buffered.Buffered()), err
}
