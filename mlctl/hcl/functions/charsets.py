"""Encodings of text by their names in the IANA registry.

Names and aliases: https://www.iana.org/assignments/character-sets. Only those Go's
``golang.org/x/text`` implements are here, so that the same names are taken.
"""

from __future__ import annotations

from dataclasses import dataclass

from mlctl.hcl.functions.spec import FunctionError


@dataclass(frozen=True, slots=True)
class Charset:
    """An encoding.

    Attributes:
        name: As the registry writes it, for messages.
        codec: What Python calls it.
        begin: Bytes that stand before every text: a byte order mark.
    """

    name: str
    codec: str
    begin: bytes = b""


def charset(name: str, *, argument: int) -> Charset:
    """The encoding of a name or an alias, in any case.

    Raises:
        FunctionError: It is not known; ``argument`` is the index of the argument at fault.
    """
    found = _BY_NAME.get(name.lower())
    if found is None:
        raise FunctionError(
            f'"{name}" is not a supported IANA encoding name or alias in this Terraform version',
            argument,
        )
    return found


# The registry's name, Python's, and the aliases.
_ROWS = """
US-ASCII ascii iso-ir-6 ansi_x3.4-1968 ansi_x3.4-1986 iso_646.irv:1991 iso646-us us ibm367 cp367
UTF-8 utf-8 csutf8
UTF-16BE utf-16-be csutf16be
UTF-16LE utf-16-le csutf16le
ISO_8859-1:1987 latin-1 iso-ir-100 iso_8859-1 iso-8859-1 latin1 l1 ibm819 cp819 csisolatin1
ISO_8859-2:1987 iso8859-2 iso-ir-101 iso_8859-2 iso-8859-2 latin2 l2 csisolatin2
ISO_8859-3:1988 iso8859-3 iso-ir-109 iso_8859-3 iso-8859-3 latin3 l3 csisolatin3
ISO_8859-4:1988 iso8859-4 iso-ir-110 iso_8859-4 iso-8859-4 latin4 l4 csisolatin4
ISO_8859-5:1988 iso8859-5 iso-ir-144 iso_8859-5 iso-8859-5 cyrillic csisolatincyrillic
ISO_8859-6:1987 iso8859-6 iso-ir-127 iso_8859-6 iso-8859-6 arabic csisolatinarabic
ISO_8859-7:1987 iso8859-7 iso-ir-126 iso_8859-7 iso-8859-7 greek greek8 csisolatingreek
ISO_8859-8:1988 iso8859-8 iso-ir-138 iso_8859-8 iso-8859-8 hebrew csisolatinhebrew
ISO_8859-9:1989 iso8859-9 iso-ir-148 iso_8859-9 iso-8859-9 latin5 l5 csisolatin5
ISO-8859-10 iso8859-10 iso-ir-157 l6 latin6 csisolatin6
ISO-8859-13 iso8859-13 csiso885913
ISO-8859-14 iso8859-14 iso-ir-199 iso_8859-14 latin8 iso-celtic l8 csiso885914
ISO-8859-15 iso8859-15 iso_8859-15 latin-9 csiso885915
ISO-8859-16 iso8859-16 iso-ir-226 iso_8859-16 latin10 l10 csiso885916
windows-874 cp874 cswindows874
windows-1250 cp1250 cswindows1250
windows-1251 cp1251 cswindows1251
windows-1252 cp1252 cswindows1252
windows-1253 cp1253 cswindows1253
windows-1254 cp1254 cswindows1254
windows-1255 cp1255 cswindows1255
windows-1256 cp1256 cswindows1256
windows-1257 cp1257 cswindows1257
windows-1258 cp1258 cswindows1258
IBM037 cp037 ebcdic-cp-us ebcdic-cp-ca ebcdic-cp-wt ebcdic-cp-nl csibm037
IBM437 cp437 437 cspc8codepage437
IBM850 cp850 850 cspc850multilingual
IBM852 cp852 852 cspcp852
IBM855 cp855 855 csibm855
IBM00858 cp858 ccsid00858 cp00858 pc-multilingual-850+euro csibm00858
IBM860 cp860 860 csibm860
IBM862 cp862 862 cspc862latinhebrew
IBM863 cp863 863 csibm863
IBM865 cp865 865 csibm865
IBM866 cp866 866 csibm866
KOI8-R koi8-r cskoi8r
KOI8-U koi8-u cskoi8u
macintosh mac-roman mac csmacintosh
Shift_JIS shift_jis ms_kanji csshiftjis
Extended_UNIX_Code_Packed_Format_for_Japanese euc_jp euc-jp cseucpkdfmtjapanese
ISO-2022-JP iso2022_jp csiso2022jp
EUC-KR euc_kr cseuckr
GB18030 gb18030 csgb18030
GBK gbk cp936 ms936 windows-936 csgbk
HZ-GB-2312 hz
Big5 big5 csbig5
"""


def _table() -> dict[str, Charset]:
    table = {"utf-16": Charset("UTF-16", "utf-16-be", b"\xfe\xff")}
    for row in _ROWS.strip().splitlines():
        name, codec, *aliases = row.split()
        made = Charset(name, codec)
        known = [name, *aliases, *([codec] if codec.startswith("cp") and "IBM" in name else [])]
        table |= {alias.lower(): made for alias in known}
    return table


_BY_NAME = _table()
