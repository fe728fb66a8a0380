"""TRS WCM: directories with index pages, articles ./YYYYMM/tYYYYMMDD_ID.html, lists paged by a script."""

from __future__ import annotations

import posixpath

from tests.portal.content import Column, Item, Report
from tests.portal.server import Reply, Request
from tests.portal.site import Portal

_FUNCTION = """<script>
function createPageHTML(_nPageCount, _nCurrIndex, _sPageName, _sPageExt){
 var pagestr='';
 if(_nPageCount == null || _nPageCount<=1){return;}
 for(var i=1;i<=_nPageCount;i++){
  if(i == 1) pagestr += '<li><a href="'+_sPageName+'.'+_sPageExt+'">'+i+'</a></li>';
  else pagestr += '<li><a href="'+_sPageName+'_'+(i-1)+'.'+_sPageExt+'">'+i+'</a></li>';
 }
 document.write(pagestr);
}
%s
</script>"""
_WITH_CONTAINER = """<div id="page_div"></div><script>
function createPageHTML(div,_nPageCount,_nCurrIndex,_sPageName,_sPageExt,_nPageSum){
 var s='共'+_nPageSum+'条';
 for(var i=1;i<=_nPageCount;i++){ s+='<a href="'+_sPageName+(i==1?'':'_'+i)+'.'+_sPageExt+'">'+i+'</a>'; }
 document.getElementById(div).innerHTML=s;
}
%s
</script>"""
_COUNT = """<script language="javascript">
var currentPage = %d;//所在页从0开始
var prevPage = currentPage-1//上一页
var nextPage = currentPage+1//下一页
var countPage = %d//共多少页
//设置下一页代码
if(countPage>1&&currentPage!=(countPage-1))
 document.write("<a href=\\"index"+"_"+nextPage+"."+"%s\\" target=\\"_self\\">下一页</a>&nbsp;&nbsp;");
else
 document.write("<span class='bg'>下一页</span>&nbsp;&nbsp;");
</script>"""


class TRS(Portal):
    family = "trs"
    editor_container = "TRS_Editor"
    row_makes = (0, 1, 2, 3, 6)

    def setup(self) -> None:
        self.extension = self.rng.choice(("html", "shtml", "htm"))
        self.base = self.rng.choice(("/zwgk/", "/", "/xxgk/zfxxgk/", "/zcbm/xzfb_3974/"))
        self.end = self.rng.choice(("404", "refresh", "stub"))
        self.frame.fingerprint = self.rng.choice(
            ("<!-- TRS WCM -->", "", "<script src='/images/trs_wcm.js'></script>")
        )

    @property
    def index(self) -> str:
        return "fg" if self.setting.variant == 1 else "index"

    def section_path(self, title: str, slug: str, number: int) -> str:  # noqa: ARG002
        return f"/{slug}/"

    def column_path(self, column: Column) -> str:
        return self.base + "".join(f"{part.slug}/" for part in column.chain)

    def place(self, item: Item, column: Column) -> None:
        day = item.published
        folder = f"{self.column_path(column)}{day:%Y%m}/"
        item.path = f"{folder}t{day:%Y%m%d}_{item.number}.{self.extension}"
        if not isinstance(item, Report):
            return
        if self.rng_of(item.number).random() < 0.06:
            item.twins = [item.path.replace(f".{self.extension}", f"_wap.{self.extension}")]
        for file in item.files:
            letter = "W" if file.kind == "jpg" else "P"
            file.path = f"{folder}{letter}0{day:%Y%m%d}{file.number:015}.{file.kind}"

    def put_column(self, column: Column) -> None:
        path = self.column_path(column)
        pages = self.split(column)
        self.least += len(pages)
        for number, items in enumerate(pages):
            pager = self._pager(number, len(pages), len(column.items))
            text = self.column_page(column, self.rows(items, path), head="")
            text = (
                text.replace("</ul></div>", f"</ul>{pager}</div>", 1)
                if False
                else text.replace("<div class='list'>", "<div class='list'><!--list-->", 1)
            )
            text = text.replace("</body>", f"<div class='page'>{pager}</div></body>")
            shown = self._name(number)
            self.put(posixpath.join(path, shown), text, listing=True)
            if number == 0:
                self.put(path, text, listing=True)

    def _name(self, number: int) -> str:
        if number == 0:
            return f"{self.index}.{self.extension}"
        shown = number + 1 if self.setting.variant == 1 else number
        return f"{self.index}_{shown}.{self.extension}"

    def _pager(self, number: int, pages: int, items: int) -> str:
        extension = self.extension
        match self.setting.variant:
            case 1:
                return (
                    _WITH_CONTAINER
                    % f"createPageHTML('page_div',{pages}, {number + 1},'fg','{extension}',{items})"
                )
            case 2:
                return _COUNT % (number, pages, extension)
            case 3:
                call = f"{{size:{pages}, current:{number}, prefix:'index', suffix:'{extension}'}}"
                return f"<script src='/images/pager.js'></script><script>var countPage = {pages};Pager({call});</script>"
            case 4:
                return f'<script>createPage({pages}, {number}, "index", "{extension}");</script>'
            case 5 if number + 1 < pages:
                return f'<a href="./{self._name(number + 1)}">下一页</a>'
            case 5:
                return "<span>下一页</span>"
        return _FUNCTION % f'createPageHTML({pages}, {number}, "index", "{extension}");'

    def missing(self, request: Request) -> Reply:
        if f"/{self.index}_" in request.path and self.end != "404":
            if self.end == "refresh":
                return Reply(b'<html><head><meta http-equiv="refresh" content="0;url=./"></head></html>')
            return Reply(b"<html><body>" + b" " * 320 + b"</body></html>")
        return super().missing(request)
