package message

import (
	"strings"
	"unicode"
	"unicode/utf8"

	"golang.org/x/text/unicode/norm"
)

// The words that mail programs put around quoted, forwarded and signed text, in the languages in which they are sold. All are in lower case.

// attributionVerbs say who wrote what follows.
var attributionVerbs = []string{
	"wrote", "writes", "schrieb", "schrieben", "schreibt", "geschrieben", "a écrit", "a ecrit", "écrit", "escribió", "escribio", "ha escrito", "escribe", "va escriure", "ha escrit", "escribiu",
	"idatzi du", "ha scritto", "scrive", "escreveu", "schreef", "schrijft", "geschreven", "skrev", "skriver", "kirjoitti", "skrifaði", "napisał", "napisała", "napisana", "pisze",
	"napsal", "napsala", "píše", "napísal", "napísala", "napisal", "napisala", "napisao", "írta", "a scris", "написа", "έγραψε", "написал", "написала", "пишет", "писал", "писали",
	"пише", "написав", "піша", "напісаў", "написао", "напиша", "yazdı", "כתב", "כתבה", "נכתב", "מאת", "كتب", "كتبت", "كتابة", "جاء من", "نوشت", "लिखा", "লিখেছেন", "写道", "寫道",
	"のメール", "のメッセージ", "書きました", "작성", "님이", "쓴 글", "님의 말", "đã viết", "เขียน", "menulis", "sinulat ni", "kirjutas", "rakstīja", "rašė", "parašė", "ka shkruar", "shkroi",
	"geskryf", "aliandika", "ysgrifennodd", "գրել է", "წერდა", "missatge de",
}

// rareVerbs are words of everyday letters, too, and count only with an address and a time.
var rareVerbs = []string{"sent", "said", "says", "verzond", "skickade", "envoyé", "mandó"}

// attributionWords begin an attribution that gives the date first.
var attributionWords = map[string]bool{
	"on": true, "at": true, "am": true, "le": true, "el": true, "en": true, "il": true, "em": true, "op": true, "den": true, "på": true, "dnia": true, "w": true, "po": true, "ke": true,
	"dne": true, "dňa": true, "no": true, "pe": true, "vào": true, "pada": true, "în": true, "ter": true, "dana": true, "in": true, "o": true, "às": true, "на": true, "в": true,
	"у": true, "від": true, "στις": true, "v": true, "kuupäev": true, "më": true, "mnamo": true, "ar": true, "noong": true, "ב": true, "בתאריך": true, "بتاريخ": true, "في": true,
	"در": true, "在": true, "ในวันที่": true, "il giorno": true, "wiadomość": true, "message": true,
}

// headerNames are the names of the fields that mail programs write over quoted mail: 1 is the sender, 2 when it was sent, 3 to whom, 4 to whom
// else, 5 the subject, 6 others, 7 its date, which letters and forms have too.
var headerNames = namesOf(map[int]string{
	1: "from|von|de|da|van|från|fra|frá|od|от|від|lähettäjä|odesílatel|odosielateľ|από|de la|pošiljatelj|pošiljalac|feladó|kimden|gönderen|remitente|expéditeur|mittente|remetente|afzender|absender|" +
		"nadawca|sender|差出人|送信者|发件人|寄件者|寄件人|發件人|보낸 사람|보낸사람|보낸이|발신자|מאת|من|از|प्रेषक|từ|người gửi|จาก|dari|daripada|saatja|no|nuo|siuntėjas|од|ад|igorlea|nork|oddelek|expeditor",
	2: "sent|gesendet|gesendet am|envoyé|envoyé le|enviado|enviado el|enviada|enviada em|enviado em|enviada el|enviat|inviato|inviato il|verzonden|skickat|sendt|wysłano|wysłane|отправлено|lähetetty|" +
		"odesláno|elküldve|küldve|gönderildi|gönderme tarihi|送信日時|发送时间|發送時間|寄件日期|傳送時間|发送日期|보낸 날짜|보낸 시간|보낸날짜|στάλθηκε|odoslané|poslano|poslato|послато|šalje|trimis|изпратено|" +
		"надіслано|נשלח|תאריך שליחה|تاريخ الإرسال|أُرسلت|تم الإرسال|ارسال شده|भेजा गया|đã gửi|gửi|ngày gửi|ส่ง|ส่งเมื่อ|dikirim|terkirim|dihantar|saadetud|nosūtīts|išsiųsta|даслана|bidalia|sent at|sent on",
	3: "to|an|à|para|a|per a|aan|till|til|do|кому|до|vastaanottaja|komu|címzett|kime|alıcı|宛先|收件人|收件者|받는 사람|받는사람|받는이|수신자|către|catre|προς|prima|za|kome|коме|destinataire|destinatario|" +
		"destinatário|empfänger|ontvanger|adresat|אל|إلى|به|प्रति|đến|tới|người nhận|ถึง|kepada|ke|adressaat|saaja|kam|gavėjas|nori|recipient",
	4: "cc|kopie|kopia|kopi|copie|copie à|copia|cópia|kopio|másolat|bilgi|копия|копія|κοιν.|kópia|抄送|副本|참조|עותק|نسخة|ส่งสำเนา|tembusan|koopia|kopija|bcc|cci|cco|ccn",
	5: "subject|betreff|betr|objet|asunto|assumpte|oggetto|ogg|assunto|onderwerp|ämne|emne|efni|temat|тема|aihe|předmět|predmet|tárgy|konu|件名|主题|主旨|主題|제목|subiect|θέμα|naslov|наслов|zadeva|tema|" +
		"относно|נושא|الموضوع|موضوع|विषय|chủ đề|tiêu đề|เรื่อง|subjek|perihal|teema|tēma|temats|gaia|thema",
	6: "reply-to|reply to|importance|wichtigkeit|importancia|priority|attachments|attachment|anlagen|pièces jointes|when|where|sensitivity|organization|x-mailer|newsgroups|message-id|mailed-by",
	7: "date|datum|fecha|data|dato|дата|päivämäärä|päiväys|tarih|日付|日期|日時|날짜|일시|dată|ημερομηνία|dátum|kuupäev|datums|תאריך|التاريخ|تاريخ|تاریخ|दिनांक|ngày|วันที่|tanggal|tarikh|dagsetning|датум",
})

func namesOf(lists map[int]string) map[string]int {
	names := map[string]int{}
	for kind, list := range lists {
		for name := range strings.SplitSeq(list, "|") {
			names[name] = kind
		}
	}
	return names
}

// forwardMarks stand over a forwarded mail, with the dashes and the colon around them taken off.
var forwardMarks = setOf("forwarded message|begin forwarded message|start of forwarded message|forwarded mail|forwarded email|forwarded letter|original forwarded message|" +
	"weitergeleitete nachricht|anfang der weitergeleiteten nachricht|weitergeleitete mail|weitergeleitete e-mail|beginn der weitergeleiteten nachricht|" +
	"message transféré|début du message réexpédié|début du message transféré|message réexpédié|courriel transféré|" +
	"mensaje reenviado|inicio del mensaje reenviado|missatge reenviat|inici del missatge reenviat|mensaxe reenviada|" +
	"messaggio inoltrato|inizio messaggio inoltrato|inizio del messaggio inoltrato|" +
	"mensagem encaminhada|início da mensagem encaminhada|mensagem reencaminhada|início da mensagem reencaminhada|" +
	"doorgestuurd bericht|begin doorgestuurd bericht|begin van doorgestuurd bericht|" +
	"videresendt meddelelse|videresendt besked|start på videresendt besked|begynd videresendt besked|videresendt melding|start på videresendt melding|" +
	"vidarebefordrat meddelande|vidarebefordrat brev|börja vidarebefordrat meddelande|vidarebefordrat mejl|" +
	"edelleenlähetetty viesti|välitetty viesti|välitetty viesti alkaa|áframsent skeyti|" +
	"wiadomość przekazana dalej|przekazana wiadomość|wiadomość przekazana|początek przekazywanej wiadomości|początek przekazanej wiadomości|treść przekazanej wiadomości|" +
	"přeposlaná zpráva|začátek přeposlané zprávy|předaná zpráva|preposlaná správa|začiatok preposlanej správy|preposlané|" +
	"továbbított üzenet|továbbított levél|továbbított levél kezdete|továbbított üzenet kezdete|" +
	"mesaj redirecționat|mesaj redirecţionat|mesaj retransmis|începutul mesajului redirecționat|mesaj înaintat|" +
	"препратено съобщение|начало на препратено съобщение|προωθημένο μήνυμα|αρχή προωθημένου μηνύματος|" +
	"пересылаемое сообщение|пересланное сообщение|перенаправленное сообщение|начало переадресованного сообщения|начало пересылаемого сообщения|пересылаемое письмо|" +
	"переслане повідомлення|початок переадресованого повідомлення|пераасланае паведамленне|" +
	"iletilmiş mesaj|iletilen mesaj|yönlendirilmiş ileti|yönlendirilen ileti|iletilen ileti|iletilmiş ileti|iletilmiş ileti başlangıcı|iletinin başlangıcı|iletilen iletinin başlangıcı|" +
	"הודעה שהועברה|תחילת ההודעה שהועברה|הודעה מועברת|رسالة معاد توجيهها|الرسالة المعاد توجيهها|بداية الرسالة المعاد توجيهها|بدء الرسالة المعاد توجيهها|الرسالة المُحوّلة|" +
	"پیام هدایتشده|پیام هدایت شده|پیام بازارسال شده|अग्रेषित संदेश|" +
	"转发的邮件|已转发的邮件|已转发邮件|转发邮件|转发邮件信息|下面是被转发的邮件|以下是转发的邮件|开始转发的邮件|轉寄郵件|轉寄的郵件|開始轉寄郵件|以下是轉寄的郵件|已轉寄郵件|轉寄訊息|" +
	"転送メッセージ|転送されたメッセージ|転送メール|전달된 메일|전달된 메시지|전달된 메시지 시작|전달 메일|thư đã chuyển tiếp|thư chuyển tiếp|bắt đầu thư được chuyển tiếp|" +
	"ข้อความที่ส่งต่อ|เริ่มข้อความที่ถูกส่งต่อ|เริ่มข้อความที่ส่งต่อ|pesan terusan|pesan yang diteruskan|mulai meneruskan pesan|mesej dimajukan|" +
	"proslijeđena poruka|početak proslijeđene poruke|prosleđena poruka|прослеђена порука|posredovano sporočilo|začetek posredovanega sporočila|" +
	"edastatud kiri|edastatud sõnum|pārsūtīta ziņa|pārsūtīts ziņojums|persiųstas laiškas|persiųstas pranešimas")

// forwardedBy begin a forward mark that goes on with a name.
var forwardedBy = []string{"forwarded message from ", "forwarded by ", "weitergeleitet von ", "réexpédié par ", "transféré par ", "reenviado por ", "remitido por ", "inoltrato da ",
	"encaminhado por ", "doorgestuurd door ", "vidarebefordrat av ", "videresendt af ", "videresendt av ", "przekazane przez "}

// originalFrom begin a mark over the mail that is answered that goes on with a name.
var originalFrom = []string{"message from ", "original message from ", "nachricht von ", "message de ", "mensaje de "}

// forwardEnds stand under a forwarded mail.
var forwardEnds = setOf("end forwarded message|end of forwarded message|end of forwarded mail|ende der weitergeleiteten nachricht|fin du message transféré|fin du message réexpédié|fin del mensaje reenviado|" +
	"fine messaggio inoltrato|fim da mensagem encaminhada|einde doorgestuurd bericht|конец пересылаемого сообщения|конец переадресованного сообщения")

// originalMarks stand between dashes over the mail that is answered.
var originalMarks = setOf("original message|original appointment|original|original mail|original email|original e-mail|reply message|message|forwarded/original message|" +
	"ursprüngliche nachricht|originalnachricht|original-nachricht|original nachricht|antwort nachricht|originaltermin|originalmail|ursprüngliche e-mail|ursprünglicher termin|" +
	"message d'origine|message original|mail original|mail d'origine|email original|e-mail original|courrier original|e-mail d'origine|message initial|courriel original|rendez-vous d'origine|message envoyé|" +
	"mensaje original|missatge original|mensaxe orixinal|cita original|messaggio originale|messaggio original|mensagem original|compromisso original|" +
	"oorspronkelijk bericht|oorspronkelijke bericht|origineel bericht|oorspronkelijke afspraak|oprindelig meddelelse|oprindelig besked|original besked|" +
	"originalmeddelande|ursprungligt meddelande|originalmeddelelse|opprinnelig melding|opprinnelig e-post|alkuperäinen viesti|upprunalegt skeyti|" +
	"wiadomość oryginalna|oryginalna wiadomość|pierwotna wiadomość|původní zpráva|původní e-mail|původní email|pôvodná správa|pôvodný e-mail|eredeti üzenet|eredeti levél|" +
	"mesaj original|mesajul original|mesajul inițial|оригинално съобщение|αρχικό μήνυμα|исходное сообщение|исходное письмо|оригинальное сообщение|вихідне повідомлення|початкове повідомлення|" +
	"orijinal mesaj|özgün ileti|orijinal ileti|asıl mesaj|הודעה מקורית|הודעה המקורית|الرسالة الأصلية|رسالة أصلية|پیام اصلی|मूल संदेश|" +
	"原始邮件|原邮件|原始信件|原始郵件|原始訊息|原郵件|元のメッセージ|元のメール|オリジナルメッセージ|原文|원본 메시지|원본 메일|원본 이메일|원본메일|받은 메일 내용|thư gốc|tin nhắn gốc|ข้อความต้นฉบับ|pesan asli|mesej asal|" +
	"izvorna poruka|originalna poruka|оригинална порука|izvirno sporočilo|prvotno sporočilo|algne kiri|algne sõnum|algsõnum|sākotnējais ziņojums|oriģinālā ziņa|originalus laiškas|pradinis laiškas|pirminis laiškas")

// replyAbove are the words of the line above which help desks ask to write.
var replyAboveWords = []string{"reply above this line", "reply above the line", "reply over this line", "oberhalb dieser zeile", "über dieser zeile", "au-dessus de cette ligne", "por encima de esta línea",
	"encima de esta linea", "acima desta linha", "sopra questa riga", "sopra questa linea", "boven deze regel", "over denne linje", "ovanför den här raden", "ovanför denna rad", "powyżej tej linii", "выше этой строки",
	"write above this line", "type above this line", "respond above this line", "above this line to reply", "above this line to add"}

func setOf(list string) map[string]bool {
	set := map[string]bool{}
	for s := range strings.SplitSeq(list, "|") {
		set[s] = true
	}
	return set
}

// wordAt returns where one of the words stands in s, in lower case, the last of them; -1 if none does. A word does not stand within another one,
// except in scripts that do not part them.
func wordAt(s string, words []string) (start, end int) {
	start = -1
	for _, word := range words {
		if !strings.Contains(s, word) {
			continue
		}
		for from := len(s); ; {
			at := strings.LastIndex(s[:from], word)
			if at < 0 || at <= start {
				break
			}
			before, _ := utf8.DecodeLastRuneInString(s[:at])
			after, _ := utf8.DecodeRuneInString(s[at+len(word):])
			first, _ := utf8.DecodeRuneInString(word)
			last, _ := utf8.DecodeLastRuneInString(word)
			if (!unicode.IsLetter(before) || unparted(first)) && (!unicode.IsLetter(after) || unparted(last)) {
				start, end = at, at+len(word)
				break
			}
			from = at + len(word) - 1
		}
	}
	return start, end
}

// unparted says that words of the letter's script stand without spaces between them, or with endings that we do not list.
func unparted(r rune) bool {
	return unicode.In(r, unicode.Han, unicode.Hiragana, unicode.Katakana, unicode.Hangul, unicode.Thai, unicode.Hebrew, unicode.Arabic)
}

// markFirst has the first words of all marks in ASCII, and the first letters of all others.
var markFirst, markLetters = func() (map[string]bool, map[rune]bool) {
	words, letters := map[string]bool{}, map[rune]bool{}
	add := func(mark string) {
		var buf [24]byte
		if word, whole := leadWord(mark, &buf); whole {
			words[string(word)] = true
		}
		r, _ := utf8.DecodeRuneInString(mark)
		letters[r] = true
	}
	for _, set := range []map[string]bool{forwardMarks, originalMarks, alwaysForward} {
		for mark := range set {
			add(mark)
		}
	}
	for _, list := range [][]string{forwardedBy, originalFrom} {
		for _, mark := range list {
			add(mark)
		}
	}
	return words, letters
}()

// leadWord reads the letters of ASCII at the beginning of s in lower case. whole is false when more may belong to the word: a letter that is none
// of ASCII, or an accent, follows.
func leadWord(s string, buf *[24]byte) (word []byte, whole bool) {
	n := 0
	for ; n < len(s) && n < len(buf); n++ {
		c := s[n]
		switch {
		case c >= 'a' && c <= 'z':
		case c >= 'A' && c <= 'Z':
			c += 'a' - 'A'
		default:
			return buf[:n], c < utf8.RuneSelf
		}
		buf[n] = c
	}
	return buf[:n], n == len(s)
}

// mayBeMark is the cheap look before bareMark: the line begins, behind dashes and the like, with the first word of a mark that we know. Hardly any
// line of prose does.
func mayBeMark(s string) bool {
	for s != "" {
		switch s[0] {
		case ' ', '\t', '\r', '\v', '\f', '>', '|', '-', '_', '=', '~', '#', '*', ':', '[', ']', '.':
			s = s[1:]
			continue
		}
		break
	}
	if s == "" {
		return false
	}
	if s[0] >= utf8.RuneSelf {
		r, _ := utf8.DecodeRuneInString(s)
		return !unicode.IsLetter(r) || !steady(s) || markLetters[unicode.ToLower(r)]
	}
	var buf [24]byte
	word, whole := leadWord(s, &buf)
	return !whole || markFirst[string(word)]
}

// bareMark is a line without the dashes, quote marks and stars around it, in lower case; dashes counts those before it.
func bareMark(s string) (words string, dashes int) {
	if len(s) > 200 {
		return "", 0
	}
	s = strings.TrimLeft(unsteered(s), "> \t|")
	for _, r := range s {
		if !dashLike(r) && r != ' ' && r != '*' && r != '[' && r != '\t' {
			break
		}
		if r != ' ' && r != '[' && r != '\t' {
			dashes++
		}
	}
	s = strings.TrimFunc(s, func(r rune) bool { return dashLike(r) || unicode.IsSpace(r) || strings.ContainsRune("*:：[]>.", r) })
	return strings.ReplaceAll(strings.ToLower(s), "’", "'"), dashes
}

// unsteered is s without the characters that only join letters and steer the direction of the script, with letters and their accents in one.
func unsteered(s string) string {
	if steady(s) {
		return s
	}
	return unsteeredSlowly(s)
}

func unsteeredSlowly(s string) string {
	s = norm.NFC.String(s)
	return strings.Map(func(r rune) rune {
		if r >= '\u200b' && r <= '\u200f' || r >= '\u202a' && r <= '\u202e' || r >= '\u2066' && r <= '\u2069' {
			return -1
		}
		return r
	}, s)
}

// steady says that unsteered would change nothing: all characters are of blocks in which none is composed with another one or steers anything.
// Most lines are, and asking the tables of Unicode takes ten times as long.
func steady(s string) bool {
	for i := 0; i < len(s); {
		if s[i] < utf8.RuneSelf {
			i++
			continue
		}
		r, n := utf8.DecodeRuneInString(s[i:])
		switch {
		case r < 0x300: // Latin
		case r >= 0x400 && r <= 0x482, r >= 0x48a && r <= 0x52f: // Cyrillic
		case r >= 0x2010 && r <= 0x2027, r >= 0x2030 && r <= 0x205e: // dashes, quotation marks
		case r >= 0x4e00 && r <= 0x9fff, r >= 0x3041 && r <= 0x3096, r >= 0x30a0 && r <= 0x30ff, r >= 0xac00 && r <= 0xd7a3: // Han, kana, Hangul
		default:
			return false
		}
		i += n
	}
	return true
}

func dashLike(r rune) bool {
	return r == '-' || r == '_' || r == '=' || r == '~' || r == '#' || r >= '‐' && r <= '―' || r == '─' || r == '━' || r == '*'
}
