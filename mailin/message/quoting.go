package message

import (
	"regexp"
	"strings"
)

// quoting finds the history in a text.
type quoting struct {
	lines   []line
	subject string
	forward bool
}

// attached: what the walker put in as an attached mail is a forward already.
func (q *quoting) attached(b body) {
	if !b.forward {
		return
	}
	q.forward = true
}

func (q *quoting) run() {
	q.prefixed()
	for i := 0; i < len(q.lines); i++ {
		l := &q.lines[i]
		if l.fixed && l.class == classQuoted {
			if forwardLine(l.text) || fwdSubject(q.subject) && headerBlock(q.lines, i) > 0 {
				q.forward = true
			}
			continue
		}
		if l.class != classReply || l.text == "" {
			continue
		}
		switch {
		case forwardLine(l.text):
			// A forward belongs to the question, whatever stands above it.
			q.forward = true
			q.quoteFrom(i)
			return
		case originalLine(l.text) || ruleBefore(q.lines, i):
			if fwdSubject(q.subject) || !q.wroteBefore(i) {
				q.forward = true
			}
			q.quoteFrom(i)
			return
		case headerBlock(q.lines, i) >= 3:
			if fwdSubject(q.subject) || !q.wroteBefore(i) {
				q.forward = true
			}
			q.quoteFrom(i)
			return
		}
		if n := attribution(q.lines, i); n > 0 {
			next := q.nextText(i + n)
			quotedBelow := next < len(q.lines) && q.lines[next].class == classQuoted
			for j := i; j < i+n; j++ {
				q.lines[j].class = classQuoted
			}
			if !quotedBelow {
				// Programs that do not mark the lines: all that follows is history.
				q.quoteFrom(i)
				return
			}
			i += n - 1
		}
	}
}

// prefixed marks lines that begin with ">". A single one without anything that speaks for quoting stays: "> 5 mm" is no
// quote.
func (q *quoting) prefixed() {
	count, introduced := 0, false
	for i, l := range q.lines {
		if quotePrefix(l.text) {
			count++
		}
		introduced = introduced || attribution(q.lines, i) > 0 || originalLine(l.text)
	}
	if count == 0 || count == 1 && !introduced {
		return
	}
	for i := range q.lines {
		if l := &q.lines[i]; !l.fixed && quotePrefix(l.text) {
			l.class = classQuoted
		}
	}
	// A long quoted line that a program has broken leaves its end without a mark, between two marked lines.
	for i := 1; i+1 < len(q.lines); i++ {
		l := &q.lines[i]
		if l.class == classReply && !l.fixed && l.text != "" && len(l.text) < 25 && q.lines[i-1].class == classQuoted && q.lines[i+1].class == classQuoted &&
			len(q.lines[i-1].text) > 65 && !strings.ContainsAny(l.text, "?") {
			l.class = classQuoted
		}
	}
}

func quotePrefix(s string) bool {
	s = strings.TrimLeft(s, " \t")
	return strings.HasPrefix(s, ">") && !strings.HasPrefix(s, ">=") && (len(s) == 1 || s[1] == ' ' || s[1] == '>' || s[1] >= 'A')
}

func (q *quoting) quoteFrom(i int) {
	for ; i < len(q.lines); i++ {
		if !(q.lines[i].fixed && q.lines[i].class == classSignature) {
			q.lines[i].class = classQuoted
		}
	}
}

func (q *quoting) wroteBefore(i int) bool {
	for _, l := range q.lines[:i] {
		if l.class == classReply && l.text != "" {
			return true
		}
	}
	return false
}

func (q *quoting) nextText(i int) int {
	for i < len(q.lines) && q.lines[i].text == "" {
		i++
	}
	return i
}

var forwardPattern = regexp.MustCompile(`(?i)^[>\s]*(?:-{2,}\s*)?(?:begin forwarded message|forwarded message|weitergeleitete nachricht|anfang der weitergeleiteten nachricht|weitergeleitete mail|message transféré|début du message réexpédié|début du message transféré|mensaje reenviado|inicio del mensaje reenviado|mensagem encaminhada|messaggio inoltrato|inizio messaggio inoltrato|doorgestuurd bericht|begin doorgestuurd bericht|vidarebefordrat meddelande|videresendt melding|videresendt besked|przekazana wiadomość|пересылаемое сообщение|пересланное сообщение|転送されたメッセージ|转发的邮件|轉寄郵件)\s*:?\s*(?:-{2,})?\s*:?$`)

// forwardLine is the mark over an inline forward.
func forwardLine(s string) bool {
	return len(s) < 120 && forwardPattern.MatchString(s)
}

var originalPattern = regexp.MustCompile(`(?i)^[>\s]*-{2,}\s*(?:original message|original appointment|reply message|ursprüngliche nachricht|originalnachricht|message d'origine|message original|mensaje original|mensagem original|messaggio originale|oorspronkelijk bericht|originalmeddelande|ursprungligt meddelande|opprinnelig melding|oprindelig meddelelse|wiadomość oryginalna|oryginalna wiadomość|исходное сообщение|alkuperäinen viesti|původní zpráva|eredeti üzenet|orijinal mesaj|mesaj original|元のメッセージ|原始邮件|原始郵件|원본 메시지)\s*-{2,}\s*$`)

func originalLine(s string) bool {
	return len(s) < 120 && originalPattern.MatchString(s)
}

// ruleBefore: Outlook draws a line of underscores over its header block.
func ruleBefore(lines []line, i int) bool {
	s := strings.TrimSpace(lines[i].text)
	return len(s) >= 20 && strings.Trim(s, "_") == "" && i+1 < len(lines) && headerBlock(lines, i+1) >= 2
}

var fwdPattern = regexp.MustCompile(`(?i)^\s*(?:fwd?|wg|tr|rv|enc|i|doorst|vs|vb|pd|fs|weiterleitung|转发|轉寄|転送)\s*:`)

// fwdSubject tells the subject of a forward.
func fwdSubject(subject string) bool { return fwdPattern.MatchString(subject) }

// headerNames are the names that mail programs write over quoted mail, in the languages that are met. The first of each
// block is the sender's.
var headerNames = map[string]int{
	"from": 1, "von": 1, "de": 1, "da": 1, "van": 1, "från": 1, "fra": 1, "od": 1, "от": 1, "lähettäjä": 1, "feladó": 1, "kimden": 1, "gönderen": 1, "remitente": 1, "expéditeur": 1, "差出人": 1, "发件人": 1, "寄件者": 1, "보낸 사람": 1,
	"sent": 2, "gesendet": 2, "envoyé": 2, "enviado": 2, "enviado el": 2, "inviato": 2, "verzonden": 2, "skickat": 2, "sendt": 2, "wysłano": 2, "отправлено": 2, "lähetetty": 2, "odesláno": 2, "küldve": 2, "gönderildi": 2, "送信日時": 2, "发送时间": 2, "寄件日期": 2, "보낸 날짜": 2, "trimis": 2,
	"date": 2, "datum": 2, "fecha": 2, "data": 2, "dato": 2, "дата": 2, "päivämäärä": 2, "tarih": 2, "日付": 2, "日期": 2,
	"to": 3, "an": 3, "à": 3, "para": 3, "a": 3, "aan": 3, "till": 3, "til": 3, "do": 3, "кому": 3, "vastaanottaja": 3, "komu": 3, "címzett": 3, "kime": 3, "宛先": 3, "收件人": 3, "받는 사람": 3, "către": 3,
	"cc": 4, "kopie": 4, "kopia": 4, "copie": 4,
	"subject": 5, "betreff": 5, "objet": 5, "asunto": 5, "oggetto": 5, "assunto": 5, "onderwerp": 5, "ämne": 5, "emne": 5, "temat": 5, "тема": 5, "aihe": 5, "předmět": 5, "tárgy": 5, "konu": 5, "件名": 5, "主题": 5, "主旨": 5, "제목": 5, "subiect": 5,
	"reply-to": 6, "importance": 6, "wichtigkeit": 6,
}

// headerBlock counts the different header lines that begin at line i: "From: ... Sent: ... To: ... Subject: ...". It
// begins with the sender's or the date's, since a claim line can look like one of the others.
func headerBlock(lines []line, i int) int {
	seen, found, misses := 0, 0, 0
	for j := i; j < len(lines) && j < i+12; j++ {
		s := strings.Trim(strings.TrimLeft(lines[j].text, "> \t"), "*")
		name, value, ok := strings.Cut(strings.ReplaceAll(s, "：", ":"), ":")
		kind := headerNames[strings.ToLower(strings.Trim(name, "* \t\u00a0"))]
		if !ok || kind == 0 {
			if j == i {
				return 0
			}
			if s == "" || misses == 2 {
				break
			}
			misses++ // a folded value
			continue
		}
		if j == i && (kind > 2 || strings.TrimSpace(strings.Trim(value, "* ")) == "") {
			return 0
		}
		if seen&(1<<kind) == 0 {
			seen |= 1 << kind
			found++
		}
	}
	// The sender and one more of sent, to, subject: "From: 1 To: 2" of a table is none.
	if seen&(1<<1) == 0 && seen&(1<<5) == 0 {
		return 0
	}
	return found
}

// attributionVerbs are the words with which programs say who wrote what follows.
var attributionVerbs = regexp.MustCompile(`(?i)(?:\bwrote\b|\bwrites\b|\bschrieb\b|\bhat geschrieben\b|\ba écrit|\bescribió|\bha escrit\b|\bha scritto\b|\bescreveu\b|\bschreef\b|\bheeft geschreven\b|\bskrev\b|\bnapisał(?:\(a\))?|пишет|написал|написала|\bkirjoitti\b|\bnapsal|\bnapísal|\bírta|írta|\ba scris\b|\byazdı|şunu yazdı|έγραψε|\bpisze\b|のメール|書きました|写道|寫道|작성|\bsagte\b|\bkirjutas\b|rašė|rakstīja|\bje napisao\b|је написао)`)

var attributionIntro = regexp.MustCompile(`(?i)^[>\s*]*(?:(?:on|am|le|el|il|em|op|den|dnia|w dniu|po|ke|dne|no|pe|at|vào)\s|(?:на|в|στις|пн|вт|ср|чт|пт|сб|вс)[\s,]|[0-9]{1,4}[./\-年 ]|[a-z]{2,4}[.,]? ?[0-9]{1,2})`)

// attribution says how many lines, beginning at i, are an attribution ("On Mon, 2 Mar 2026 at 9:00, Ann wrote:"); 0 if
// it is none. Programs break it over up to four lines.
func attribution(lines []line, i int) int {
	first := strings.TrimSpace(lines[i].text)
	if first == "" || len(first) > 400 {
		return 0
	}
	joined := ""
	for n := 1; n <= 4 && i+n <= len(lines); n++ {
		next := strings.TrimSpace(strings.TrimLeft(lines[i+n-1].text, "> \t"))
		if next == "" {
			return 0
		}
		joined = strings.TrimSpace(joined + " " + next)
		if len(joined) > 500 {
			return 0
		}
		if !strings.HasSuffix(joined, ":") && !strings.HasSuffix(joined, "：") && !strings.HasSuffix(joined, "...") && !strings.HasSuffix(joined, ">") {
			continue
		}
		if strings.HasSuffix(joined, ">") && (n > 1 || !attributionVerbs.MatchString(joined)) {
			continue
		}
		if !attributionVerbs.MatchString(joined) || !strings.ContainsAny(joined, "0123456789@") {
			// "> wrote:" after a name alone: pine, mutt and others.
			if n == 1 && strings.HasSuffix(strings.ToLower(joined), " wrote:") && len(joined) < 80 && i+1 < len(lines) && quotePrefix(lines[i+1].text) {
				return 1
			}
			continue
		}
		// Only a line that begins like one may go on over several: else the sentence before it would be taken too.
		if attributionIntro.MatchString(joined) || n == 1 && strings.Contains(joined, "@") || n == 1 && i+n < len(lines) && quotePrefix(lines[i+n].text) {
			return n
		}
	}
	return 0
}

// showsQuoting tells whether a plain text shows by itself what is quoted.
func showsQuoting(text string) bool {
	lines := splitLines(text)
	for i, l := range lines {
		if quotePrefix(l.text) || originalLine(l.text) || forwardLine(l.text) || attribution(lines, i) > 0 || headerBlock(lines, i) >= 3 {
			return true
		}
	}
	return false
}
