package document

import (
	"bytes"
	"image"
	"image/png"
	"testing"
)

// The picture of a signature is no document: it costs neither text nor a sentence. A pasted page is read like any other.
func TestPicturesOfSignaturesAreLeftAlone(t *testing.T) {
	t.Parallel()
	picture := func(width, height int) []byte {
		var b bytes.Buffer
		m := image.NewGray(image.Rect(0, 0, width, height))
		for i := range m.Pix {
			m.Pix[i] = 0xff
		}
		if err := png.Encode(&b, m); err != nil {
			t.Fatal(err)
		}
		return b.Bytes()
	}
	for name, c := range map[string]struct {
		width, height int
		inline, told  bool
	}{
		"Logo":             {420, 140, true, false},
		"LogoAsFile":       {420, 140, false, true},
		"Pasted":           {1200, 700, true, true},
		"SmallPasted":      {600, 200, true, true},
		"TinyEverywhere":   {80, 20, false, false},
		"BannerWithinText": {700, 90, true, false},
	} {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			content := picture(c.width, c.height)
			e := &engines{} // without Tesseract: what is worth reading says that it cannot be read
			_, problem := e.picture(t.Context(), bytes.NewReader(content), int64(len(content)), c.inline)
			if told := problem != ""; told != c.told {
				t.Errorf("problem %q, want one: %v", problem, c.told)
			}
		})
	}
}
