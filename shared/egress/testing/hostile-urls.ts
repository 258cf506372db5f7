/**
 * The one table of URLs that must never lead anywhere: every spelling of every address that is not public, names that
 * resolve to such addresses, and URLs that look like something else. PORT is a listener on 127.0.0.1 and ::1.
 */
export interface HostileUrl {
  readonly url: string
  /** what DNS says, look-up by look-up (the last one stays); without: the name or literal speaks for itself */
  readonly answers?: readonly (readonly string[])[]
  /** without the guard it reaches the listener on loopback: the control run proves it */
  readonly reaches?: true
}

const spelled = (hosts: readonly string[], reaches: boolean): HostileUrl[] =>
  hosts.map((host) => ({ url: `http://${host}:PORT/`, ...(reaches ? { reaches: true as const } : {}) }))

const LOOPBACK_IPV4 = [
  '127.0.0.1',
  '127.1',
  '127.0.1',
  '127.0.0.1.',
  '127.000.000.001',
  '2130706433',
  '0x7f000001',
  '0X7F000001',
  '0x7f.0x0.0x0.0x1',
  '0x7f.1',
  '017700000001',
  '0177.0.0.1',
  '0177.0x0.0.01',
  '00000000177.1',
  '0.0.0.0',
  '0',
  '0x',
  '000',
  '１２７.０.０.１',
  '①②⑦.⓪.⓪.①',
  '127。0。0。1',
  '127．0．0．1',
  '127｡0｡0｡1',
  '%31%32%37.0.0.1',
  '127%2e0%2e0%2e1',
  '127.0.\t0.1',
]

const LOOPBACK_IPV6 = [
  '[::1]',
  '[0:0:0:0:0:0:0:1]',
  '[0000:0000:0000:0000:0000:0000:0000:0001]',
  '[0::0:1]',
  '[::]',
  '[::ffff:127.0.0.1]',
  '[::FFFF:7F00:1]',
  '[0:0:0:0:0:ffff:7f00:1]',
  '[::ffff:0.0.0.0]',
]

/** With a dot at the end it depends on the resolver. */
const LOOPBACK_NAMES = ['localhost', 'LOCALHOST', 'ｌｏｃａｌｈｏｓｔ', 'local\u00adhost', 'ⓛocalhost']

/** Not listened on here (no such route on a test machine); the guard must not even open a socket. */
const OTHER_LITERALS = [
  // more of loopback, "this network", broadcast, multicast
  '127.0.0.53',
  '127.255.255.254',
  '2147483646',
  '0.1.2.3',
  '255.255.255.255',
  '4294967295',
  '224.0.0.1',
  '239.255.255.250',
  '240.0.0.1',
  // metadata services, in several spellings
  '169.254.169.254',
  '2852039166',
  '0xa9fea9fe',
  '0xA9.0xFE.0xA9.0xFE',
  '0251.0376.0251.0376',
  '169.254.43518',
  '①⑥⑨.②⑤④.①⑥⑨.②⑤④',
  '169.254.169.254.',
  '169.254.170.2',
  '169.254.169.123',
  '100.100.100.200',
  '192.0.0.192',
  '[fd00:ec2::254]',
  '[fd20:ce::254]',
  '[::ffff:169.254.169.254]',
  '[::ffff:a9fe:a9fe]',
  '[::a9fe:a9fe]',
  '[::ffff:0:a9fe:a9fe]',
  '[64:ff9b::a9fe:a9fe]',
  '[64:ff9b:1::a9fe:a9fe]',
  '[2002:a9fe:a9fe::1]',
  '[2001:0:a9fe:a9fe::1]',
  '[2001::5601:5601]',
  // private and shared IPv4
  '10.0.0.1',
  '10.255.255.255',
  '167772161',
  '012.0.0.1',
  '172.16.0.1',
  '172.31.255.255',
  '192.168.0.1',
  '192.168.1.1',
  '3232235777',
  '100.64.0.1',
  '100.127.255.254',
  '198.18.0.1',
  '198.19.255.255',
  // documentation, protocol assignments, relays
  '192.0.0.1',
  '192.0.2.1',
  '198.51.100.1',
  '203.0.113.1',
  '192.88.99.1',
  '192.31.196.1',
  '192.52.193.1',
  '192.175.48.1',
  // IPv4 inside IPv6
  '[::127.0.0.1]',
  '[::7f00:1]',
  '[::ffff:0:127.0.0.1]',
  '[64:ff9b::127.0.0.1]',
  '[64:ff9b::10.0.0.1]',
  '[64:ff9b:1::127.0.0.1]',
  '[2002:7f00:1::]',
  '[2002:0a00:0001::1]',
  '[2002:c0a8:0101::]',
  '[2001:0:7f00:1::]',
  '[::ffff:10.0.0.1]',
  '[::ffff:192.168.1.1]',
  '[::ffff:100.64.0.1]',
  // IPv6 of its own
  '[fc00::1]',
  '[fd12:3456:789a::1]',
  '[fdff:ffff:ffff:ffff:ffff:ffff:ffff:ffff]',
  '[fe80::1]',
  '[fe80::a9fe:a9fe]',
  '[febf::1]',
  '[fec0::1]',
  '[ff02::1]',
  '[ff05::1:3]',
  '[100::1]',
  '[2001:db8::1]',
  '[3fff::1]',
  '[2001:2::1]',
  '[2001:10::1]',
  '[2001:20::1]',
  '[2001:1::1]',
  '[2620:4f:8000::1]',
  '[5f00::1]',
  '[4000::1]',
  '[::2]',
  '[e000::1]',
]

/** No URL at all for a parser that keeps to the standard, or refused by its shape. */
const NO_URLS = [
  'http://[fe80::1%25eth0]:PORT/',
  'http://[fe80::1%eth0]:PORT/',
  'http://[::1%25lo]:PORT/',
  'http://٣.0.0.1:PORT/',
  'http://256.0.0.1:PORT/',
  'http://127.0.0.1.2:PORT/',
  'http://0x7f.0.0.0x100:PORT/',
  'http://[::ffff:127.1]:PORT/',
  'http://[::1].example.com:PORT/',
  'http://127.0.0.1 :PORT/',
  'http://:PORT/',
  'file:///etc/passwd',
  'ftp://127.0.0.1:PORT/',
  'gopher://127.0.0.1:PORT/_GET',
  'dict://127.0.0.1:PORT/',
  'data:text/plain,hello',
  'javascript:fetch("http://127.0.0.1:PORT")',
  '//127.0.0.1:PORT/',
  '127.0.0.1:PORT',
]

/** Look like something else; the standard's parser takes them to loopback. */
const DISGUISED: HostileUrl[] = [
  'http://user:password@127.0.0.1:PORT/',
  'http://example.com@127.0.0.1:PORT/',
  'http://example.com:443@127.0.0.1:PORT/',
  'http://example.com%23@127.0.0.1:PORT/',
  'http:127.0.0.1:PORT/',
  'http:///127.0.0.1:PORT/',
  'http:\\\\127.0.0.1:PORT\\',
  'http:/\\127.0.0.1:PORT/',
  'HtTp://127.0.0.1:PORT/',
  '  http://127.0.0.1:PORT/  ',
  'http://127.0.0.1:PORT\\@example.com/',
  'http://127.0.0.1:PORT/#@example.com',
  'http://127.0.0.1:PORT?@example.com',
  'ht\ntp://127.0.0.1:PORT/',
].map((url) => ({ url, reaches: true }))

const named = (name: string, ...answers: (readonly string[])[]): HostileUrl => ({
  url: `http://${name}:PORT/`,
  answers,
})
const reaching = (url: HostileUrl): HostileUrl => ({ ...url, reaches: true })

/** DNS of the attacker. 127.0.0.2 is an address that the test opened on purpose: the "public" one. */
const NAMES: HostileUrl[] = [
  reaching(named('loopback.example', ['127.0.0.1'])),
  reaching(named('loopback-six.example', ['::1'])),
  reaching(named('mapped.example', ['::ffff:127.0.0.1'])),
  reaching(named('mapped-hex.example', ['::ffff:7f00:1'])),
  reaching(named('zero.example', ['0.0.0.0'])),
  reaching(named('trailing-dot.example.', ['127.0.0.1'])),
  reaching(named('127.0.0.1.nip.example', ['127.0.0.1'])),
  named('metadata.example', ['169.254.169.254']),
  named('metadata-six.example', ['fd00:ec2::254']),
  named('nat64.example', ['64:ff9b::a9fe:a9fe']),
  named('six-to-four.example', ['2002:7f00:1::']),
  named('teredo.example', ['2001:0:7f00:1::']),
  named('zone.example', ['fe80::1%eth0']),
  named('ten.example', ['10.0.0.1']),
  named('shared.example', ['100.64.0.1']),
  named('broken-answer.example', ['not an address']),
  named('nothing.example', []),
  named('first-public.example', ['127.0.0.2', '127.0.0.1']),
  named('first-private.example', ['127.0.0.1', '127.0.0.2']),
  named('one-of-four.example', ['127.0.0.2', '127.0.0.2', 'fd00::1', '127.0.0.2']),
  // A CNAME to a private name ends in its address: what comes back is what counts.
  reaching(named('cname-to-internal.example', ['127.0.0.1'])),
  named('rebinding.example', ['127.0.0.2'], ['127.0.0.1']),
  named('rebinding-late.example', ['127.0.0.2'], ['127.0.0.2'], ['169.254.169.254']),
]

export const HOSTILE_URLS: readonly HostileUrl[] = [
  ...spelled(LOOPBACK_IPV4, true),
  ...spelled(LOOPBACK_IPV6, true),
  ...spelled(LOOPBACK_NAMES, true),
  ...spelled(['localhost.', 'localhost..', 'api.localhost', 'a.b.localhost.', 'ip6-localhost', 'ip6-loopback'], false),
  ...spelled(OTHER_LITERALS, false),
  ...NO_URLS.map((url) => ({ url })),
  ...DISGUISED,
  ...NAMES,
]

/** Where an allowed server may want to send us on. */
export const HOSTILE_REDIRECTS = [301, 302, 303, 307, 308].flatMap((status) => [
  { status, location: 'http://127.0.0.1:PORT/' },
  { status, location: '//127.0.0.1:PORT/' },
  { status, location: 'http://169.254.169.254/latest/meta-data/' },
])
